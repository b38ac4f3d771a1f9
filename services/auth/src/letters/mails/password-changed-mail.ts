import { defineMail } from "../define-mail.ts";

export const passwordChangedMail = defineMail({
  values: {},
  blocks: ["intro", "notMe"],
  texts: {
    en: {
      subject: "Your Kismet password was changed",
      intro:
        "The password of your account has just been changed, and all other devices have been signed out.",
      notMe: "If it was not you, set a new password at once: ask for it as if you had forgotten yours.",
    },
    de: {
      subject: "Dein Kismet-Passwort wurde geändert",
      intro: "Das Passwort deines Kontos wurde gerade geändert, und alle anderen Geräte wurden abgemeldet.",
      notMe:
        "Wenn du es nicht warst, lege sofort ein neues Passwort fest: Fordere es an, als hättest du deines vergessen.",
    },
    fr: {
      subject: "Votre mot de passe Kismet a été modifié",
      intro:
        "Le mot de passe de votre compte vient d’être modifié, et tous les autres appareils ont été déconnectés.",
      notMe:
        "Si ce n’était pas vous, choisissez tout de suite un nouveau mot de passe : demandez-le comme si vous l’aviez oublié.",
    },
    ar: {
      subject: "تم تغيير كلمة مرور Kismet",
      intro: "تم تغيير كلمة مرور حسابك للتو، وتم تسجيل الخروج من كل الأجهزة الأخرى.",
      notMe: "إذا لم تكن أنت من غيّرها، فعيّن كلمة مرور جديدة على الفور: اطلبها كما لو أنك نسيت كلمة مرورك.",
    },
  },
});

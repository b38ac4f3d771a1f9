import { defineMail } from "../define-mail.ts";

export const totpAddedMail = defineMail({
  values: {},
  blocks: ["intro", "notMe"],
  texts: {
    en: {
      subject: "An authenticator was added to your Kismet account",
      intro: "An authenticator was added to your account: signing in asks for its codes from now on.",
      notMe: "If it was not you, set a new password at once: that signs out everywhere.",
    },
    de: {
      subject: "Deinem Kismet-Konto wurde ein Authenticator hinzugefügt",
      intro:
        "Deinem Konto wurde ein Authenticator hinzugefügt: Ab jetzt wird beim Anmelden nach seinen Codes gefragt.",
      notMe: "Wenn du es nicht warst, lege sofort ein neues Passwort fest: Das meldet überall ab.",
    },
    fr: {
      subject: "Une application d’authentification a été ajoutée à votre compte Kismet",
      intro:
        "Une application d’authentification a été ajoutée à votre compte : ses codes sont désormais demandés à la connexion.",
      notMe:
        "Si ce n’était pas vous, choisissez tout de suite un nouveau mot de passe : cela déconnecte partout.",
    },
    ar: {
      subject: "تمت إضافة تطبيق مصادقة إلى حسابك في Kismet",
      intro: "تمت إضافة تطبيق مصادقة إلى حسابك: من الآن فصاعدًا سيُطلب رمز منه عند تسجيل الدخول.",
      notMe: "إذا لم تكن أنت، فعيّن كلمة مرور جديدة على الفور: فهذا يسجّل الخروج من كل الأجهزة.",
    },
  },
});

import { defineMail } from "../define-mail.ts";

export const recoveryCodeUsedMail = defineMail({
  values: {},
  blocks: ["intro", "notMe"],
  texts: {
    en: {
      subject: "A recovery code of your Kismet account was used",
      intro: "One of your recovery codes was used; it is good no longer.",
      notMe: "If it was not you, set a new password at once: that signs out everywhere.",
    },
    de: {
      subject: "Ein Wiederherstellungscode deines Kismet-Kontos wurde benutzt",
      intro: "Einer deiner Wiederherstellungscodes wurde benutzt; er gilt nicht mehr.",
      notMe: "Wenn du es nicht warst, lege sofort ein neues Passwort fest: Das meldet überall ab.",
    },
    fr: {
      subject: "Un code de secours de votre compte Kismet a été utilisé",
      intro: "Un de vos codes de secours a été utilisé ; il n’est plus valable.",
      notMe:
        "Si ce n’était pas vous, choisissez tout de suite un nouveau mot de passe : cela déconnecte partout.",
    },
    ar: {
      subject: "تم استخدام رمز استرداد لحسابك في Kismet",
      intro: "تم استخدام أحد رموز الاسترداد الخاصة بك، ولم يعد صالحًا.",
      notMe: "إذا لم تكن أنت، فعيّن كلمة مرور جديدة على الفور: فهذا يسجّل الخروج من كل الأجهزة.",
    },
  },
});

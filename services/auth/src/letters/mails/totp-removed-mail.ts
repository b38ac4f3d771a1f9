import { defineMail } from "../define-mail.ts";

export const totpRemovedMail = defineMail({
  values: {},
  blocks: ["intro", "notMe"],
  texts: {
    en: {
      subject: "The authenticator of your Kismet account was removed",
      intro: "The authenticator of your account was removed, and its recovery codes with it.",
      notMe: "If it was not you, set a new password at once: that signs out everywhere.",
    },
    de: {
      subject: "Der Authenticator deines Kismet-Kontos wurde entfernt",
      intro: "Der Authenticator deines Kontos wurde entfernt, und mit ihm die Wiederherstellungscodes.",
      notMe: "Wenn du es nicht warst, lege sofort ein neues Passwort fest: Das meldet überall ab.",
    },
    fr: {
      subject: "L’application d’authentification de votre compte Kismet a été retirée",
      intro:
        "L’application d’authentification de votre compte a été retirée, et ses codes de secours avec elle.",
      notMe:
        "Si ce n’était pas vous, choisissez tout de suite un nouveau mot de passe : cela déconnecte partout.",
    },
    ar: {
      subject: "تمت إزالة تطبيق المصادقة من حسابك في Kismet",
      intro: "تمت إزالة تطبيق المصادقة من حسابك، ومعه رموز الاسترداد.",
      notMe: "إذا لم تكن أنت، فعيّن كلمة مرور جديدة على الفور: فهذا يسجّل الخروج من كل الأجهزة.",
    },
  },
});

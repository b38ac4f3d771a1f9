import { defineMail } from "../define-mail.ts";

export const recoveryCodesRenewedMail = defineMail({
  values: {},
  blocks: ["intro", "notMe"],
  texts: {
    en: {
      subject: "New recovery codes for your Kismet account",
      intro: "Your account has new recovery codes; those before are good no longer.",
      notMe: "If it was not you, set a new password at once: that signs out everywhere.",
    },
    de: {
      subject: "Neue Wiederherstellungscodes für dein Kismet-Konto",
      intro: "Dein Konto hat neue Wiederherstellungscodes; die früheren gelten nicht mehr.",
      notMe: "Wenn du es nicht warst, lege sofort ein neues Passwort fest: Das meldet überall ab.",
    },
    fr: {
      subject: "Nouveaux codes de secours pour votre compte Kismet",
      intro: "Votre compte a de nouveaux codes de secours ; les précédents ne sont plus valables.",
      notMe:
        "Si ce n’était pas vous, choisissez tout de suite un nouveau mot de passe : cela déconnecte partout.",
    },
    ar: {
      subject: "رموز استرداد جديدة لحسابك في Kismet",
      intro: "لحسابك رموز استرداد جديدة، ولم تعد الرموز السابقة صالحة.",
      notMe: "إذا لم تكن أنت، فعيّن كلمة مرور جديدة على الفور: فهذا يسجّل الخروج من كل الأجهزة.",
    },
  },
});

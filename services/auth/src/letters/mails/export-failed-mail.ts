import { defineMail } from "../define-mail.ts";

/** When an archive could not be made within a day. */
export const exportFailedMail = defineMail({
  values: { askedAt: "moment" },
  blocks: ["intro", "again", "notMe"],
  texts: {
    en: {
      subject: "Your Kismet archive could not be made",
      intro: "You asked for an archive of your data on {askedAt}. We tried for a day and could not make it.",
      again: "We are sorry. Please ask for it once more in the app; nothing of what you have is lost.",
      notMe: "If it was not you who asked for it, sign out all devices and set a new password at once.",
    },
    de: {
      subject: "Dein Kismet-Archiv konnte nicht erstellt werden",
      intro:
        "Du hast am {askedAt} ein Archiv deiner Daten angefordert. Wir haben es einen Tag lang versucht und konnten es nicht erstellen.",
      again:
        "Das tut uns leid. Bitte fordere es in der App noch einmal an; von deinen Daten ist nichts verloren.",
      notMe:
        "Wenn du das nicht veranlasst hast, melde alle Geräte ab und lege sofort ein neues Passwort fest.",
    },
    fr: {
      subject: "Votre archive Kismet n’a pas pu être créée",
      intro:
        "Vous avez demandé une archive de vos données le {askedAt}. Nous avons essayé pendant un jour, sans y parvenir.",
      again:
        "Nous en sommes désolés. Veuillez la demander à nouveau dans l’application ; aucune de vos données n’est perdue.",
      notMe:
        "Si vous n’êtes pas à l’origine de cette demande, déconnectez tous les appareils et choisissez tout de suite un nouveau mot de passe.",
    },
    ar: {
      subject: "تعذّر إنشاء أرشيفك في Kismet",
      intro: "طلبت أرشيفًا لبياناتك في {askedAt}. حاولنا ليوم كامل ولم نتمكن من إنشائه.",
      again: "نأسف لذلك. اطلبه مرة أخرى في التطبيق من فضلك؛ لم يُفقد شيء من بياناتك.",
      notMe: "إذا لم تكن أنت من طلب ذلك، فسجّل الخروج من كل الأجهزة وعيّن كلمة مرور جديدة على الفور.",
    },
  },
});

import { defineMail } from "../define-mail.ts";

/** When an archive can be fetched. The address in it is no key: who opens it has to be signed in. */
export const exportReadyMail = defineMail({
  values: { url: "link", expiresAt: "moment" },
  goodFor: "expiresAt",
  blocks: ["intro", { button: "open", to: "url" }, "signedIn", "notMe"],
  texts: {
    en: {
      subject: "Your Kismet archive is ready",
      intro: "Everything that Kismet keeps about you is in one archive. You can fetch it until {expiresAt}.",
      open: "Fetch my archive",
      signedIn: "It opens where you are signed in, and asks once more whether it is you.",
      notMe: "If it was not you who asked for it, sign out all devices and set a new password at once.",
    },
    de: {
      subject: "Dein Kismet-Archiv ist fertig",
      intro:
        "Alles, was Kismet über dich speichert, liegt in einem Archiv. Du kannst es bis {expiresAt} abholen.",
      open: "Mein Archiv abholen",
      signedIn: "Es öffnet sich dort, wo du angemeldet bist, und fragt noch einmal, ob du es bist.",
      notMe:
        "Wenn du das nicht veranlasst hast, melde alle Geräte ab und lege sofort ein neues Passwort fest.",
    },
    fr: {
      subject: "Votre archive Kismet est prête",
      intro:
        "Tout ce que Kismet conserve à votre sujet se trouve dans une archive. Vous pouvez la récupérer jusqu’au {expiresAt}.",
      open: "Récupérer mon archive",
      signedIn: "Elle s’ouvre là où vous êtes connecté, et demande encore une fois si c’est bien vous.",
      notMe:
        "Si vous n’êtes pas à l’origine de cette demande, déconnectez tous les appareils et choisissez tout de suite un nouveau mot de passe.",
    },
    ar: {
      subject: "أرشيفك في Kismet جاهز",
      intro: "كل ما يحتفظ به Kismet عنك موجود في أرشيف واحد. يمكنك تنزيله حتى {expiresAt}.",
      open: "تنزيل أرشيفي",
      signedIn: "يُفتح حيث تكون مسجّل الدخول، ويسألك مرة أخرى عمّا إذا كنت أنت.",
      notMe: "إذا لم تكن أنت من طلب ذلك، فسجّل الخروج من كل الأجهزة وعيّن كلمة مرور جديدة على الفور.",
    },
  },
});

import { defineMail } from "../define-mail.ts";

/** When an archive can be fetched. The link in it is no key: the page that it opens asks for the password. */
export const exportReadyMail = defineMail({
  values: { url: "link", expiresAt: "moment" },
  goodFor: "expiresAt",
  blocks: ["intro", { button: "open", to: "url" }, "signedIn", "notMe"],
  texts: {
    en: {
      subject: "Your Kismet archive is ready",
      intro: "Everything that Kismet keeps about you is in one archive. You can fetch it until {expiresAt}.",
      open: "Fetch my archive",
      signedIn:
        "The page asks for the password of your account. In the app you can fetch it without this mail.",
      notMe: "If it was not you who asked for it, sign out all devices and set a new password at once.",
    },
    de: {
      subject: "Dein Kismet-Archiv ist fertig",
      intro:
        "Alles, was Kismet über dich speichert, liegt in einem Archiv. Du kannst es bis {expiresAt} abholen.",
      open: "Mein Archiv abholen",
      signedIn:
        "Die Seite fragt nach dem Passwort deines Kontos. In der App kannst du es auch ohne diese Mail abholen.",
      notMe:
        "Wenn du das nicht veranlasst hast, melde alle Geräte ab und lege sofort ein neues Passwort fest.",
    },
    fr: {
      subject: "Votre archive Kismet est prête",
      intro:
        "Tout ce que Kismet conserve à votre sujet se trouve dans une archive. Vous pouvez la récupérer jusqu’au {expiresAt}.",
      open: "Récupérer mon archive",
      signedIn:
        "La page demande le mot de passe de votre compte. Dans l’application, vous pouvez aussi la récupérer sans cet e-mail.",
      notMe:
        "Si vous n’êtes pas à l’origine de cette demande, déconnectez tous les appareils et choisissez tout de suite un nouveau mot de passe.",
    },
    ar: {
      subject: "أرشيفك في Kismet جاهز",
      intro: "كل ما يحتفظ به Kismet عنك موجود في أرشيف واحد. يمكنك تنزيله حتى {expiresAt}.",
      open: "تنزيل أرشيفي",
      signedIn: "تطلب الصفحة كلمة مرور حسابك. ويمكنك أيضًا تنزيله من التطبيق من دون هذه الرسالة.",
      notMe: "إذا لم تكن أنت من طلب ذلك، فسجّل الخروج من كل الأجهزة وعيّن كلمة مرور جديدة على الفور.",
    },
  },
});

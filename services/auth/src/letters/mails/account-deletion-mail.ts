import { defineMail } from "../define-mail.ts";

/** When a deletion begins: until it is done the link takes it back. */
export const accountDeletionMail = defineMail({
  values: { url: "link", erasesAt: "day" },
  goodFor: "erasesAt",
  blocks: ["intro", "change", { button: "open", to: "url" }, "notMe"],
  texts: {
    en: {
      subject: "Your Kismet account will be deleted",
      intro: "Nobody can see your account any more. On {erasesAt} everything in it will be erased for good.",
      change: "Until then you can have it back:",
      open: "Keep my account",
      notMe: "If it was not you who asked for this, keep your account and set a new password at once.",
    },
    de: {
      subject: "Dein Kismet-Konto wird gelöscht",
      intro: "Niemand kann dein Konto mehr sehen. Am {erasesAt} wird alles darin endgültig gelöscht.",
      change: "Bis dahin kannst du es zurückholen:",
      open: "Mein Konto behalten",
      notMe: "Wenn du das nicht veranlasst hast, behalte dein Konto und lege sofort ein neues Passwort fest.",
    },
    fr: {
      subject: "Votre compte Kismet va être supprimé",
      intro:
        "Plus personne ne voit votre compte. Le {erasesAt}, tout son contenu sera effacé définitivement.",
      change: "D’ici là, vous pouvez le récupérer :",
      open: "Garder mon compte",
      notMe:
        "Si vous n’êtes pas à l’origine de cette demande, gardez votre compte et choisissez tout de suite un nouveau mot de passe.",
    },
    ar: {
      subject: "سيتم حذف حسابك في Kismet",
      intro: "لم يعد أحد يرى حسابك. في {erasesAt} سيُمحى كل ما فيه نهائيًا.",
      change: "حتى ذلك الحين يمكنك استعادته:",
      open: "الاحتفاظ بحسابي",
      notMe: "إذا لم تكن أنت من طلب ذلك، فاحتفظ بحسابك وعيّن كلمة مرور جديدة على الفور.",
    },
  },
});

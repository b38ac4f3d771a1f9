import { defineMail } from "../define-mail.ts";

/** To the old address. Does not name the new one: who reads this mailbox may be whom the member moved away from. */
export const addressChangedMail = defineMail({
  values: { url: "link", at: "moment", validFor: "duration" },
  goodFor: "validFor",
  blocks: ["intro", "notMe", { button: "open", to: "url" }, "validity"],
  texts: {
    en: {
      subject: "Your Kismet account has another address now",
      intro:
        "Since {at} your Kismet account is used with another e-mail address. If that was you, you need not do anything.",
      notMe:
        "If it was not you, undo it at once: this address is the account's again, everybody is signed out, and you choose a new password.",
      open: "Undo the change",
      validity: "The link is good for {validFor}.",
    },
    de: {
      subject: "Dein Kismet-Konto hat jetzt eine andere Adresse",
      intro:
        "Seit {at} wird dein Kismet-Konto mit einer anderen E-Mail-Adresse benutzt. Wenn du das warst, musst du nichts tun.",
      notMe:
        "Wenn du es nicht warst, mach es sofort rückgängig: Diese Adresse gehört dann wieder zum Konto, alle werden abgemeldet, und du wählst ein neues Passwort.",
      open: "Änderung rückgängig machen",
      validity: "Der Link gilt {validFor}.",
    },
    fr: {
      subject: "Votre compte Kismet a maintenant une autre adresse",
      intro:
        "Depuis le {at}, votre compte Kismet utilise une autre adresse e-mail. Si c’était vous, vous n’avez rien à faire.",
      notMe:
        "Si ce n’était pas vous, annulez tout de suite : cette adresse redevient celle du compte, tout le monde est déconnecté et vous choisissez un nouveau mot de passe.",
      open: "Annuler la modification",
      validity: "Le lien est valable {validFor}.",
    },
    ar: {
      subject: "أصبح لحسابك في Kismet عنوان آخر",
      intro:
        "منذ {at} يُستخدم حسابك في Kismet بعنوان بريد إلكتروني آخر. إذا كنت أنت من فعل ذلك، فلا يلزمك شيء.",
      notMe:
        "إذا لم تكن أنت، فتراجع عن ذلك فورًا: يعود هذا العنوان إلى الحساب، ويُسجَّل خروج الجميع، وتختار كلمة مرور جديدة.",
      open: "التراجع عن التغيير",
      validity: "الرابط صالح لمدة {validFor}.",
    },
  },
});

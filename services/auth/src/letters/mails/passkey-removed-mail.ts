import { defineMail } from "../define-mail.ts";

export const passkeyRemovedMail = defineMail({
  values: { name: "text" },
  blocks: ["intro", "notMe"],
  texts: {
    en: {
      subject: "A passkey was removed from your Kismet account",
      intro: "The passkey “{name}” was removed from your account.",
      notMe:
        "If it was not you, set a new password at once, and look through the ways in which your account can be signed in to.",
    },
    de: {
      subject: "Ein Passkey wurde aus deinem Kismet-Konto entfernt",
      intro: "Der Passkey „{name}“ wurde aus deinem Konto entfernt.",
      notMe:
        "Wenn du es nicht warst, lege sofort ein neues Passwort fest und sieh dir an, womit man sich in deinem Konto anmelden kann.",
    },
    fr: {
      subject: "Une clé d’accès a été retirée de votre compte Kismet",
      intro: "La clé d’accès « {name} » a été retirée de votre compte.",
      notMe:
        "Si ce n’était pas vous, choisissez tout de suite un nouveau mot de passe et vérifiez les moyens de connexion de votre compte.",
    },
    ar: {
      subject: "تمت إزالة مفتاح مرور من حسابك في Kismet",
      intro: "تمت إزالة مفتاح المرور «{name}» من حسابك.",
      notMe: "إذا لم تكن أنت، فعيّن كلمة مرور جديدة على الفور وراجع طرق تسجيل الدخول إلى حسابك.",
    },
  },
});

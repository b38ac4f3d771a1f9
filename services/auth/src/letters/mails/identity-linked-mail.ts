import { defineMail } from "../define-mail.ts";

export const identityLinkedMail = defineMail({
  values: { provider: "text" },
  blocks: ["intro", "notMe"],
  texts: {
    en: {
      subject: "Your Kismet account was linked with {provider}",
      intro: "Your account can now be signed in to with {provider}.",
      notMe:
        "If it was not you, set a new password at once, and look through the ways in which your account can be signed in to.",
    },
    de: {
      subject: "Dein Kismet-Konto wurde mit {provider} verknüpft",
      intro: "In deinem Konto kann man sich jetzt mit {provider} anmelden.",
      notMe:
        "Wenn du es nicht warst, lege sofort ein neues Passwort fest und sieh dir an, womit man sich in deinem Konto anmelden kann.",
    },
    fr: {
      subject: "Votre compte Kismet a été associé à {provider}",
      intro: "On peut désormais se connecter à votre compte avec {provider}.",
      notMe:
        "Si ce n’était pas vous, choisissez tout de suite un nouveau mot de passe et vérifiez les moyens de connexion de votre compte.",
    },
    ar: {
      subject: "تم ربط حسابك في Kismet مع {provider}",
      intro: "يمكن الآن تسجيل الدخول إلى حسابك باستخدام {provider}.",
      notMe: "إذا لم تكن أنت، فعيّن كلمة مرور جديدة على الفور وراجع طرق تسجيل الدخول إلى حسابك.",
    },
  },
});

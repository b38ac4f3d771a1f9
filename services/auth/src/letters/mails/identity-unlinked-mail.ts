import { defineMail } from "../define-mail.ts";

export const identityUnlinkedMail = defineMail({
  values: { provider: "text" },
  blocks: ["intro", "notMe"],
  texts: {
    en: {
      subject: "Your Kismet account is no longer linked with {provider}",
      intro: "Your account can no longer be signed in to with {provider}.",
      notMe:
        "If it was not you, set a new password at once, and look through the ways in which your account can be signed in to.",
    },
    de: {
      subject: "Dein Kismet-Konto ist nicht mehr mit {provider} verknüpft",
      intro: "In deinem Konto kann man sich nicht mehr mit {provider} anmelden.",
      notMe:
        "Wenn du es nicht warst, lege sofort ein neues Passwort fest und sieh dir an, womit man sich in deinem Konto anmelden kann.",
    },
    fr: {
      subject: "Votre compte Kismet n’est plus associé à {provider}",
      intro: "On ne peut plus se connecter à votre compte avec {provider}.",
      notMe:
        "Si ce n’était pas vous, choisissez tout de suite un nouveau mot de passe et vérifiez les moyens de connexion de votre compte.",
    },
    ar: {
      subject: "لم يعد حسابك في Kismet مرتبطًا مع {provider}",
      intro: "لم يعد من الممكن تسجيل الدخول إلى حسابك باستخدام {provider}.",
      notMe: "إذا لم تكن أنت، فعيّن كلمة مرور جديدة على الفور وراجع طرق تسجيل الدخول إلى حسابك.",
    },
  },
});

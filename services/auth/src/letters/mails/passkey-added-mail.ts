import { defineMail } from "../define-mail.ts";

export const passkeyAddedMail = defineMail({
  values: { name: "text" },
  blocks: ["intro", "notMe"],
  texts: {
    en: {
      subject: "A passkey was added to your Kismet account",
      intro: "The passkey “{name}” was added to your account. Whoever has it can sign in with it.",
      notMe:
        "If it was not you, set a new password at once, and look through the ways in which your account can be signed in to.",
    },
    de: {
      subject: "Deinem Kismet-Konto wurde ein Passkey hinzugefügt",
      intro: "Der Passkey „{name}“ wurde deinem Konto hinzugefügt. Wer ihn hat, kann sich damit anmelden.",
      notMe:
        "Wenn du es nicht warst, lege sofort ein neues Passwort fest und sieh dir an, womit man sich in deinem Konto anmelden kann.",
    },
    fr: {
      subject: "Une clé d’accès a été ajoutée à votre compte Kismet",
      intro:
        "La clé d’accès « {name} » a été ajoutée à votre compte. Qui la possède peut se connecter avec elle.",
      notMe:
        "Si ce n’était pas vous, choisissez tout de suite un nouveau mot de passe et vérifiez les moyens de connexion de votre compte.",
    },
    ar: {
      subject: "تمت إضافة مفتاح مرور إلى حسابك في Kismet",
      intro: "تمت إضافة مفتاح المرور «{name}» إلى حسابك. يمكن لمن يملكه تسجيل الدخول به.",
      notMe: "إذا لم تكن أنت، فعيّن كلمة مرور جديدة على الفور وراجع طرق تسجيل الدخول إلى حسابك.",
    },
  },
});

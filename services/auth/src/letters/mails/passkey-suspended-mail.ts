import { defineMail } from "../define-mail.ts";

/** Its counter went back. */
export const passkeySuspendedMail = defineMail({
  values: { name: "text" },
  blocks: ["intro", "notMe"],
  texts: {
    en: {
      subject: "A passkey of your Kismet account was suspended",
      intro:
        "The passkey “{name}” can no longer be used: it has answered as only a copy of it would. Remove it, and add a new one.",
      notMe:
        "If it was not you, set a new password at once, and look through the ways in which your account can be signed in to.",
    },
    de: {
      subject: "Ein Passkey deines Kismet-Kontos wurde gesperrt",
      intro:
        "Der Passkey „{name}“ kann nicht mehr benutzt werden: Er hat so geantwortet, wie es nur eine Kopie tut. Entferne ihn und füge einen neuen hinzu.",
      notMe:
        "Wenn du es nicht warst, lege sofort ein neues Passwort fest und sieh dir an, womit man sich in deinem Konto anmelden kann.",
    },
    fr: {
      subject: "Une clé d’accès de votre compte Kismet a été suspendue",
      intro:
        "La clé d’accès « {name} » ne peut plus être utilisée : elle a répondu comme seule une copie le ferait. Retirez-la et ajoutez-en une nouvelle.",
      notMe:
        "Si ce n’était pas vous, choisissez tout de suite un nouveau mot de passe et vérifiez les moyens de connexion de votre compte.",
    },
    ar: {
      subject: "تم تعليق مفتاح مرور في حسابك في Kismet",
      intro:
        "لم يعد من الممكن استخدام مفتاح المرور «{name}»: فقد أجاب كما لا تجيب إلا نسخة منه. أزله وأضف مفتاحًا جديدًا.",
      notMe: "إذا لم تكن أنت، فعيّن كلمة مرور جديدة على الفور وراجع طرق تسجيل الدخول إلى حسابك.",
    },
  },
});

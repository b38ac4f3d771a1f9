import { defineMail } from "../define-mail.ts";

/** To somebody for whom an administrator has made an account. */
export const staffInvitationMail = defineMail({
  values: { url: "link", validFor: "duration" },
  goodFor: "validFor",
  blocks: ["intro", { button: "open", to: "url" }, "validity", "factor", "notMe"],
  texts: {
    en: {
      subject: "Your account for the Kismet team",
      intro: "An administrator has made an account with this address for you, to work on Kismet with.",
      open: "Choose a password",
      validity: "The link is good once, for {validFor}. Later you can ask for a new password in the app.",
      factor:
        "Then sign in and add a passkey or an authenticator app: what your role allows opens only with one of them.",
      notMe: "If you do not expect this, do nothing, and tell whoever looks after Kismet at your company.",
    },
    de: {
      subject: "Dein Konto für das Kismet-Team",
      intro:
        "Jemand aus der Verwaltung hat mit dieser Adresse ein Konto für deine Arbeit an Kismet angelegt.",
      open: "Passwort wählen",
      validity:
        "Der Link gilt einmal und {validFor}. Danach kannst du in der App ein neues Passwort anfordern.",
      factor:
        "Melde dich dann an und richte einen Passkey oder eine Authenticator-App ein: Was deine Rolle erlaubt, öffnet sich nur damit.",
      notMe:
        "Wenn du das nicht erwartest, tu nichts, und sag denen Bescheid, die in deiner Firma Kismet betreuen.",
    },
    fr: {
      subject: "Votre compte pour l’équipe Kismet",
      intro: "Un administrateur a créé pour vous, avec cette adresse, un compte pour travailler sur Kismet.",
      open: "Choisir un mot de passe",
      validity:
        "Le lien sert une seule fois et reste valable {validFor}. Ensuite, vous pouvez demander un nouveau mot de passe dans l’application.",
      factor:
        "Connectez-vous ensuite et ajoutez une clé d’accès ou une application d’authentification : sans elle, rien de ce que permet votre rôle ne s’ouvre.",
      notMe:
        "Si vous n’attendez pas ce message, ne faites rien et prévenez les responsables de Kismet dans votre entreprise.",
    },
    ar: {
      subject: "حسابك ضمن فريق Kismet",
      intro: "أنشأ أحد المسؤولين حسابًا لك بهذا العنوان للعمل على Kismet.",
      open: "اختيار كلمة مرور",
      validity: "الرابط صالح لمرة واحدة ولمدة {validFor}. بعد ذلك يمكنك طلب كلمة مرور جديدة في التطبيق.",
      factor: "ثم سجّل الدخول وأضف مفتاح مرور أو تطبيق مصادقة: لا يُفتح ما يسمح به دورك إلا بأحدهما.",
      notMe: "إذا لم تكن تتوقع هذه الرسالة، فلا تفعل شيئًا وأبلغ المسؤولين عن Kismet في شركتك.",
    },
  },
});

import type { Language } from "@kismet/service-kit";

type Label =
  | "title"
  | "signIn"
  | "signInWith"
  | "email"
  | "password"
  | "withPassword"
  | "kind"
  | "totp"
  | "recoveryCode"
  | "emailCode"
  | "answer"
  | "again"
  | "yours"
  | "name"
  | "add"
  | "withoutScripts";
/** How it goes; and the words of the list, which the script writes. */
type Said =
  | "remove"
  | "suspended"
  | "working"
  | "signedIn"
  | "asked"
  | "sent"
  | "linkFirst"
  | "linked"
  | "added"
  | "removed";
/** What is wrong. */
type Fault =
  | "refused"
  | "wrong"
  | "wrongCode"
  | "over"
  | "late"
  | "denied"
  | "unknown"
  | "nobody"
  | "last"
  | "stale"
  | "failed"
  | "unsupported";

export type PasskeyPageTexts = {
  labels: Record<Label, string>;
  said: Record<Said, string>;
  faults: Record<Fault, string>;
};

export const passkeyPageTexts: Record<Language, PasskeyPageTexts> = {
  en: {
    labels: {
      title: "Passkeys",
      signIn: "Sign in with a passkey",
      signInWith: "Sign in with",
      email: "E-mail address",
      password: "Password",
      withPassword: "Sign in with a password",
      kind: "What can you show?",
      totp: "Code of your authenticator",
      recoveryCode: "Recovery code",
      emailCode: "Code from the mail that we sent you",
      answer: "Continue",
      again: "Send the code again",
      yours: "Your passkeys",
      name: "Name of this device",
      add: "Add a passkey",
      withoutScripts: "This page needs scripts, which this browser doesn’t run.",
    },
    said: {
      remove: "Remove",
      suspended: "suspended",
      working: "One moment …",
      signedIn: "You are signed in.",
      asked: "One more thing is needed to sign in.",
      sent: "The code was sent again.",
      linkFirst:
        "There is an account with this address. Sign in to it here, and it is linked with the provider.",
      linked: "You are signed in, and the provider is linked with your account.",
      added: "The passkey was added.",
      removed: "The passkey was removed.",
    },
    faults: {
      refused: "This passkey can’t be used.",
      wrong: "The address or the password is not right, or the address has yet to be confirmed.",
      wrongCode: "The code is not right.",
      over: "This can’t be used any more: begin again.",
      late: "Too many tries: wait a little.",
      denied: "Nobody was signed in there.",
      unknown: "There is no account with this yet: sign up in the app.",
      nobody: "No passkey was used.",
      last: "Nothing else would be left to sign in with.",
      stale: "Sign in again first.",
      failed: "This did not work. Try again.",
      unsupported: "This browser can’t use passkeys here.",
    },
  },
  de: {
    labels: {
      title: "Passkeys",
      signIn: "Mit einem Passkey anmelden",
      signInWith: "Anmelden mit",
      email: "E-Mail-Adresse",
      password: "Passwort",
      withPassword: "Mit dem Passwort anmelden",
      kind: "Was kannst du zeigen?",
      totp: "Code deines Authenticators",
      recoveryCode: "Wiederherstellungscode",
      emailCode: "Code aus der Mail, die wir dir geschickt haben",
      answer: "Weiter",
      again: "Code noch einmal schicken",
      yours: "Deine Passkeys",
      name: "Name dieses Geräts",
      add: "Passkey hinzufügen",
      withoutScripts: "Diese Seite braucht Skripte, und dieser Browser führt keine aus.",
    },
    said: {
      remove: "Entfernen",
      suspended: "gesperrt",
      working: "Einen Moment …",
      signedIn: "Du bist angemeldet.",
      asked: "Zum Anmelden fehlt noch etwas.",
      sent: "Der Code wurde noch einmal geschickt.",
      linkFirst:
        "Zu dieser Adresse gibt es ein Konto. Melde dich hier an, dann wird es mit dem Anbieter verbunden.",
      linked: "Du bist angemeldet, und der Anbieter ist mit deinem Konto verbunden.",
      added: "Der Passkey wurde hinzugefügt.",
      removed: "Der Passkey wurde entfernt.",
    },
    faults: {
      refused: "Dieser Passkey kann nicht benutzt werden.",
      wrong: "Die Adresse oder das Passwort stimmt nicht, oder die Adresse ist noch nicht bestätigt.",
      wrongCode: "Der Code stimmt nicht.",
      over: "Das gilt nicht mehr: Fang noch einmal an.",
      late: "Zu viele Versuche: Warte ein wenig.",
      denied: "Dort wurde niemand angemeldet.",
      unknown: "Damit gibt es noch kein Konto: Registriere dich in der App.",
      nobody: "Es wurde kein Passkey benutzt.",
      last: "Danach könntest du dich nicht mehr anmelden.",
      stale: "Melde dich zuerst neu an.",
      failed: "Das hat nicht geklappt. Versuche es noch einmal.",
      unsupported: "Dieser Browser kann hier keine Passkeys benutzen.",
    },
  },
  fr: {
    labels: {
      title: "Clés d’accès",
      signIn: "Se connecter avec une clé d’accès",
      signInWith: "Se connecter avec",
      email: "Adresse e-mail",
      password: "Mot de passe",
      withPassword: "Se connecter avec le mot de passe",
      kind: "Que pouvez-vous présenter ?",
      totp: "Code de votre application d’authentification",
      recoveryCode: "Code de secours",
      emailCode: "Code de l’e-mail que nous vous avons envoyé",
      answer: "Continuer",
      again: "Renvoyer le code",
      yours: "Vos clés d’accès",
      name: "Nom de cet appareil",
      add: "Ajouter une clé d’accès",
      withoutScripts: "Cette page a besoin de scripts, que ce navigateur n’exécute pas.",
    },
    said: {
      remove: "Retirer",
      suspended: "suspendue",
      working: "Un instant …",
      signedIn: "Vous êtes connecté.",
      asked: "Il manque encore une chose pour vous connecter.",
      sent: "Le code a été renvoyé.",
      linkFirst: "Un compte existe avec cette adresse. Connectez-vous ici pour l’associer au fournisseur.",
      linked: "Vous êtes connecté, et le fournisseur est associé à votre compte.",
      added: "La clé d’accès a été ajoutée.",
      removed: "La clé d’accès a été retirée.",
    },
    faults: {
      refused: "Cette clé d’accès ne peut pas être utilisée.",
      wrong: "L’adresse ou le mot de passe est incorrect, ou l’adresse n’est pas encore confirmée.",
      wrongCode: "Le code est incorrect.",
      over: "Ce n’est plus valable : recommencez.",
      late: "Trop d’essais : attendez un peu.",
      denied: "Personne ne s’y est connecté.",
      unknown: "Il n’y a pas encore de compte : inscrivez-vous dans l’application.",
      nobody: "Aucune clé d’accès n’a été utilisée.",
      last: "Il ne resterait aucun moyen de vous connecter.",
      stale: "Reconnectez-vous d’abord.",
      failed: "Cela n’a pas fonctionné. Réessayez.",
      unsupported: "Ce navigateur ne peut pas utiliser de clés d’accès ici.",
    },
  },
  ar: {
    labels: {
      title: "مفاتيح المرور",
      signIn: "تسجيل الدخول بمفتاح مرور",
      signInWith: "تسجيل الدخول عبر",
      email: "عنوان البريد الإلكتروني",
      password: "كلمة المرور",
      withPassword: "تسجيل الدخول بكلمة المرور",
      kind: "ماذا يمكنك أن تقدّم؟",
      totp: "رمز تطبيق المصادقة",
      recoveryCode: "رمز الاسترداد",
      emailCode: "الرمز الوارد في الرسالة التي أرسلناها إليك",
      answer: "متابعة",
      again: "إرسال الرمز مرة أخرى",
      yours: "مفاتيح المرور الخاصة بك",
      name: "اسم هذا الجهاز",
      add: "إضافة مفتاح مرور",
      withoutScripts: "تحتاج هذه الصفحة إلى برامج نصية لا يشغّلها هذا المتصفح.",
    },
    said: {
      remove: "إزالة",
      suspended: "معلّق",
      working: "لحظة …",
      signedIn: "تم تسجيل دخولك.",
      asked: "بقي أمر واحد لتسجيل الدخول.",
      sent: "أُرسل الرمز مرة أخرى.",
      linkFirst: "يوجد حساب بهذا العنوان. سجّل الدخول إليه هنا ليُربط بمزوّد الخدمة.",
      linked: "تم تسجيل دخولك، ورُبط مزوّد الخدمة بحسابك.",
      added: "تمت إضافة مفتاح المرور.",
      removed: "تمت إزالة مفتاح المرور.",
    },
    faults: {
      refused: "لا يمكن استخدام مفتاح المرور هذا.",
      wrong: "العنوان أو كلمة المرور غير صحيح، أو لم يتم تأكيد العنوان بعد.",
      wrongCode: "الرمز غير صحيح.",
      over: "لم يعد هذا صالحًا: ابدأ من جديد.",
      late: "محاولات كثيرة جدًا: انتظر قليلًا.",
      denied: "لم يسجّل أحد الدخول هناك.",
      unknown: "لا يوجد حساب بهذا بعد: سجّل في التطبيق.",
      nobody: "لم يُستخدم أي مفتاح مرور.",
      last: "لن تبقى أي طريقة أخرى لتسجيل الدخول.",
      stale: "سجّل الدخول من جديد أولًا.",
      failed: "لم ينجح ذلك. حاول مرة أخرى.",
      unsupported: "لا يمكن لهذا المتصفح استخدام مفاتيح المرور هنا.",
    },
  },
};

import { defineMail } from "../define-mail.ts";

export const signInCodeMail = defineMail({
  values: { code: "code", validFor: "duration" },
  blocks: ["intro", { code: "code" }, "validity", "notMe"],
  texts: {
    en: {
      subject: "Your Kismet sign-in code",
      intro: "Your code is:",
      validity: "It is good for {validFor}. Nobody from Kismet will ever ask you for it.",
      notMe: "If you are not signing in right now, somebody else is trying to: do not give it to anybody.",
    },
    de: {
      subject: "Dein Anmeldecode für Kismet",
      intro: "Dein Code lautet:",
      validity: "Er gilt {validFor}. Niemand von Kismet wird dich je danach fragen.",
      notMe: "Wenn du dich nicht gerade anmeldest, versucht es jemand anderes: Gib den Code niemandem.",
    },
    fr: {
      subject: "Votre code de connexion Kismet",
      intro: "Votre code :",
      validity: "Il est valable {validFor}. Personne chez Kismet ne vous le demandera jamais.",
      notMe:
        "Si vous n’êtes pas en train de vous connecter, quelqu’un d’autre essaie de le faire : ne donnez ce code à personne.",
    },
    ar: {
      subject: "رمز تسجيل الدخول إلى Kismet",
      intro: "رمزك هو:",
      validity: "الرمز صالح لمدة {validFor}. لن يطلبه منك أحد من Kismet أبدًا.",
      notMe: "إذا لم تكن تسجّل الدخول الآن، فهناك شخص آخر يحاول ذلك: لا تعطِ الرمز لأي أحد.",
    },
  },
});

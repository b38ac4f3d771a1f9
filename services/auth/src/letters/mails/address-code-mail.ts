import { defineMail } from "../define-mail.ts";

/** To an address that no provider has verified. A code only: it is typed where the sign-up was begun. */
export const addressCodeMail = defineMail({
  values: { code: "code", validFor: "duration" },
  blocks: ["intro", { code: "code" }, "validity", "notMe"],
  texts: {
    en: {
      subject: "Your Kismet code",
      intro: "With this code you show that the address is yours:",
      validity: "It is good for {validFor}. Nobody from Kismet will ever ask you for it.",
      notMe: "If you did not sign up, somebody mistyped their address: you need not do anything.",
    },
    de: {
      subject: "Dein Kismet-Code",
      intro: "Mit diesem Code zeigst du, dass die Adresse dir gehört:",
      validity: "Er gilt {validFor}. Niemand von Kismet wird dich je danach fragen.",
      notMe:
        "Wenn du dich nicht angemeldet hast, hat sich jemand bei der Adresse vertippt: Du musst nichts tun.",
    },
    fr: {
      subject: "Votre code Kismet",
      intro: "Ce code montre que cette adresse est bien la vôtre :",
      validity: "Il est valable {validFor}. Personne chez Kismet ne vous le demandera jamais.",
      notMe: "Si vous ne vous êtes pas inscrit, quelqu’un s’est trompé d’adresse : vous n’avez rien à faire.",
    },
    ar: {
      subject: "رمز Kismet الخاص بك",
      intro: "بهذا الرمز تثبت أن هذا العنوان لك:",
      validity: "هو صالح لمدة {validFor}. لن يطلبه منك أحد من Kismet أبدًا.",
      notMe: "إذا لم تكن أنت من سجّل، فقد أخطأ شخص ما في كتابة عنوانه، ولا يلزمك فعل أي شيء.",
    },
  },
});

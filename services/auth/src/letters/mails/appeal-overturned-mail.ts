import { defineMail } from "../define-mail.ts";

/** When an appeal was right. */
export const appealOverturnedMail = defineMail({
  values: { reason: "text" },
  blocks: ["intro", { fact: "why", value: "reason" }],
  texts: {
    en: {
      subject: "Your Kismet account is open again",
      intro: "You objected, and you were right: your account is as it was before. We are sorry.",
      why: "What we found",
    },
    de: {
      subject: "Dein Kismet-Konto ist wieder offen",
      intro: "Du hast widersprochen, und du hattest recht: Dein Konto ist wie zuvor. Es tut uns leid.",
      why: "Was wir festgestellt haben",
    },
    fr: {
      subject: "Votre compte Kismet est de nouveau ouvert",
      intro: "Vous avez contesté, et vous aviez raison : votre compte est comme avant. Nous sommes désolés.",
      why: "Ce que nous avons constaté",
    },
    ar: {
      subject: "حسابك في Kismet مفتوح من جديد",
      intro: "اعترضت وكنت على حق: عاد حسابك كما كان. نعتذر منك.",
      why: "ما توصلنا إليه",
    },
  },
});

import { defineMail } from "../define-mail.ts";

/** When an appeal has changed nothing. */
export const appealUpheldMail = defineMail({
  values: { reason: "text" },
  blocks: ["intro", { fact: "why", value: "reason" }],
  texts: {
    en: {
      subject: "We have looked at your objection",
      intro: "Somebody who was not part of the decision has looked at it again. It stands.",
      why: "Why",
    },
    de: {
      subject: "Wir haben deinen Widerspruch geprüft",
      intro: "Jemand, der nicht mitentschieden hat, hat es sich noch einmal angesehen. Es bleibt dabei.",
      why: "Warum",
    },
    fr: {
      subject: "Nous avons examiné votre contestation",
      intro: "Une personne qui n’a pas pris part à la décision l’a réexaminée. Elle est maintenue.",
      why: "Pourquoi",
    },
    ar: {
      subject: "راجعنا اعتراضك",
      intro: "راجع القرارَ شخصٌ لم يشارك في اتخاذه، وبقي القرار كما هو.",
      why: "السبب",
    },
  },
});

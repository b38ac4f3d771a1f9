import { defineMail } from "../define-mail.ts";

/** When staff has suspended or banned an account. */
export const accountRestrictedMail = defineMail({
  values: { explanation: "text" },
  blocks: ["intro", { fact: "reason", value: "explanation" }, "appeal"],
  texts: {
    en: {
      subject: "Your Kismet account has been restricted",
      intro: "Our team has restricted your account. Nobody can see it for the time being.",
      reason: "Why",
      appeal:
        "Sign in to read more. There you can object, and somebody who was not part of the decision will look at it again.",
    },
    de: {
      subject: "Dein Kismet-Konto wurde eingeschränkt",
      intro: "Unser Team hat dein Konto eingeschränkt. Bis auf Weiteres kann es niemand sehen.",
      reason: "Warum",
      appeal:
        "Melde dich an, um mehr zu lesen. Dort kannst du widersprechen, und jemand, der nicht mitentschieden hat, sieht es sich noch einmal an.",
    },
    fr: {
      subject: "Votre compte Kismet a été restreint",
      intro: "Notre équipe a restreint votre compte. Pour l’instant, personne ne peut le voir.",
      reason: "Pourquoi",
      appeal:
        "Connectez-vous pour en savoir plus. Vous pourrez contester, et une personne qui n’a pas pris part à la décision l’examinera de nouveau.",
    },
    ar: {
      subject: "تم تقييد حسابك في Kismet",
      intro: "قيّد فريقنا حسابك، ولا يمكن لأحد رؤيته في الوقت الحالي.",
      reason: "السبب",
      appeal: "سجّل الدخول لقراءة المزيد. يمكنك هناك الاعتراض، وسيراجع القرار شخص لم يشارك في اتخاذه.",
    },
  },
});

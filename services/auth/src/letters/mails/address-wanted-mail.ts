import { defineMail } from "../define-mail.ts";

/** To whoever has an account with the address that somebody else wants for theirs. */
export const addressWantedMail = defineMail({
  values: {},
  blocks: ["intro", "notMe"],
  texts: {
    en: {
      subject: "Somebody wanted to use your address",
      intro:
        "Somebody wanted to use this address for another Kismet account. It is yours, so nothing was changed.",
      notMe: "You need not do anything. If it was you, use the account that you have with this address.",
    },
    de: {
      subject: "Jemand wollte deine Adresse benutzen",
      intro:
        "Jemand wollte diese Adresse für ein anderes Kismet-Konto benutzen. Sie gehört zu deinem, deshalb wurde nichts geändert.",
      notMe: "Du musst nichts tun. Wenn du es warst, benutze das Konto, das du mit dieser Adresse hast.",
    },
    fr: {
      subject: "Quelqu’un a voulu utiliser votre adresse",
      intro:
        "Quelqu’un a voulu utiliser cette adresse pour un autre compte Kismet. Elle est la vôtre : rien n’a été modifié.",
      notMe:
        "Vous n’avez rien à faire. Si c’était vous, utilisez le compte que vous avez avec cette adresse.",
    },
    ar: {
      subject: "أراد شخص ما استخدام عنوانك",
      intro: "أراد شخص ما استخدام هذا العنوان لحساب آخر في Kismet. العنوان لك، لذلك لم يتغيّر شيء.",
      notMe: "لا يلزمك فعل أي شيء. إذا كنت أنت، فاستخدم الحساب الذي لديك بهذا العنوان.",
    },
  },
});

import { defineMail } from "../define-mail.ts";

/** To the new address, which must confirm the change. */
export const addressConfirmationMail = defineMail({
  values: { code: "code", url: "link", validFor: "duration" },
  goodFor: "validFor",
  blocks: ["intro", { code: "code" }, "link", { button: "open", to: "url" }, "validity", "notMe"],
  texts: {
    en: {
      subject: "Confirm your new address for Kismet",
      intro:
        "Somebody wants to use this address for a Kismet account. If it is you, enter this code in the app:",
      link: "You can also confirm it here:",
      open: "Use this address",
      validity: "Both are good for {validFor}. Nobody from Kismet will ever ask you for the code.",
      notMe: "If it is not you, you need not do anything.",
    },
    de: {
      subject: "Bestätige deine neue Adresse für Kismet",
      intro:
        "Jemand möchte diese Adresse für ein Kismet-Konto benutzen. Wenn du das bist, gib diesen Code in der App ein:",
      link: "Du kannst sie auch hier bestätigen:",
      open: "Diese Adresse benutzen",
      validity: "Beides gilt {validFor}. Niemand von Kismet wird dich je nach dem Code fragen.",
      notMe: "Wenn du es nicht bist, musst du nichts tun.",
    },
    fr: {
      subject: "Confirmez votre nouvelle adresse pour Kismet",
      intro:
        "Quelqu’un veut utiliser cette adresse pour un compte Kismet. Si c’est vous, saisissez ce code dans l’application :",
      link: "Vous pouvez aussi la confirmer ici :",
      open: "Utiliser cette adresse",
      validity: "Les deux sont valables {validFor}. Personne chez Kismet ne vous demandera jamais ce code.",
      notMe: "Si ce n’est pas vous, vous n’avez rien à faire.",
    },
    ar: {
      subject: "أكّد عنوانك الجديد في Kismet",
      intro: "يريد شخص ما استخدام هذا العنوان لحساب في Kismet. إذا كان هذا أنت، فأدخل هذا الرمز في التطبيق:",
      link: "يمكنك أيضًا تأكيده هنا:",
      open: "استخدام هذا العنوان",
      validity: "كلاهما صالح لمدة {validFor}. لن يطلب منك أحد من Kismet هذا الرمز أبدًا.",
      notMe: "إذا لم تكن أنت، فلا يلزمك فعل أي شيء.",
    },
  },
});

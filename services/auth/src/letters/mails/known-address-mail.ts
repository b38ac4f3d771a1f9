import { defineMail } from "../define-mail.ts";

/** To whoever has an account with the address that somebody signs up with. */
export const knownAddressMail = defineMail({
  values: {},
  blocks: ["intro", "advice", "notMe"],
  texts: {
    en: {
      subject: "You have a Kismet account already",
      intro: "Somebody, probably you, signed up with this address, which has an account already.",
      advice: "Sign in with your password, or ask for a new one if you have forgotten it.",
      notMe: "If it was not you, you need not do anything.",
    },
    de: {
      subject: "Du hast schon ein Kismet-Konto",
      intro:
        "Jemand, wahrscheinlich du, hat sich mit dieser Adresse angemeldet, zu der es schon ein Konto gibt.",
      advice: "Melde dich mit deinem Passwort an, oder fordere ein neues an, wenn du es vergessen hast.",
      notMe: "Wenn du es nicht warst, musst du nichts tun.",
    },
    fr: {
      subject: "Vous avez déjà un compte Kismet",
      intro: "Quelqu’un, sans doute vous, s’est inscrit avec cette adresse, qui a déjà un compte.",
      advice: "Connectez-vous avec votre mot de passe, ou demandez-en un nouveau si vous l’avez oublié.",
      notMe: "Si ce n’était pas vous, vous n’avez rien à faire.",
    },
    ar: {
      subject: "لديك حساب في Kismet بالفعل",
      intro: "سجّل شخص ما، وهو أنت على الأرجح، بهذا العنوان الذي له حساب بالفعل.",
      advice: "سجّل الدخول بكلمة المرور، أو اطلب كلمة مرور جديدة إذا نسيتها.",
      notMe: "إذا لم تكن أنت، فلا يلزمك فعل أي شيء.",
    },
  },
});

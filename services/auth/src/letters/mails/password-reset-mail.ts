import { defineMail } from "../define-mail.ts";

export const passwordResetMail = defineMail({
  values: { url: "link", validFor: "duration" },
  goodFor: "validFor",
  blocks: ["intro", { button: "open", to: "url" }, "validity", "notMe"],
  texts: {
    en: {
      subject: "Set a new Kismet password",
      intro: "Somebody, probably you, asked for a new password for your account.",
      open: "Choose a new password",
      validity: "The link is good once, for {validFor}. A new password signs you out everywhere.",
      notMe: "If you did not ask for it, you need not do anything: your password stays as it is.",
    },
    de: {
      subject: "Neues Kismet-Passwort festlegen",
      intro: "Jemand, wahrscheinlich du, hat ein neues Passwort für dein Konto angefordert.",
      open: "Neues Passwort wählen",
      validity: "Der Link gilt einmal und {validFor}. Ein neues Passwort meldet dich überall ab.",
      notMe: "Wenn du es nicht angefordert hast, musst du nichts tun: Dein Passwort bleibt, wie es ist.",
    },
    fr: {
      subject: "Choisissez un nouveau mot de passe Kismet",
      intro: "Quelqu’un, sans doute vous, a demandé un nouveau mot de passe pour votre compte.",
      open: "Choisir un nouveau mot de passe",
      validity:
        "Le lien sert une seule fois et reste valable {validFor}. Un nouveau mot de passe vous déconnecte partout.",
      notMe: "Si vous n’avez rien demandé, vous n’avez rien à faire : votre mot de passe ne change pas.",
    },
    ar: {
      subject: "تعيين كلمة مرور جديدة في Kismet",
      intro: "طلب شخص ما، وهو أنت على الأرجح، كلمة مرور جديدة لحسابك.",
      open: "اختيار كلمة مرور جديدة",
      validity: "الرابط صالح لمرة واحدة ولمدة {validFor}. تعيين كلمة مرور جديدة يسجّل خروجك من كل الأجهزة.",
      notMe: "إذا لم تطلب ذلك، فلا يلزمك فعل أي شيء: تبقى كلمة المرور كما هي.",
    },
  },
});

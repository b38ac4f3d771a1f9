import { defineMail } from "../define-mail.ts";

export const passwordResetMail = defineMail({
  values: { token: "code", validFor: "duration" },
  blocks: ["intro", { code: "token" }, "validity", "notMe"],
  texts: {
    en: {
      subject: "Set a new Kismet password",
      intro: "With this you can set a new password, once:",
      validity: "It is good for {validFor}. Setting a new password signs you out everywhere.",
      notMe: "If you did not ask for it, you need not do anything: your password stays as it is.",
    },
    de: {
      subject: "Neues Kismet-Passwort festlegen",
      intro: "Hiermit kannst du einmal ein neues Passwort festlegen:",
      validity: "Es gilt {validFor}. Ein neues Passwort meldet dich überall ab.",
      notMe: "Wenn du es nicht angefordert hast, musst du nichts tun: Dein Passwort bleibt, wie es ist.",
    },
    fr: {
      subject: "Choisissez un nouveau mot de passe Kismet",
      intro: "Ceci vous permet de choisir un nouveau mot de passe, une seule fois :",
      validity: "C’est valable {validFor}. Un nouveau mot de passe vous déconnecte partout.",
      notMe: "Si vous n’avez rien demandé, vous n’avez rien à faire : votre mot de passe ne change pas.",
    },
    ar: {
      subject: "تعيين كلمة مرور جديدة في Kismet",
      intro: "بهذا يمكنك تعيين كلمة مرور جديدة مرة واحدة:",
      validity: "صالح لمدة {validFor}. تعيين كلمة مرور جديدة يسجّل خروجك من كل الأجهزة.",
      notMe: "إذا لم تطلب ذلك، فلا يلزمك فعل أي شيء: تبقى كلمة المرور كما هي.",
    },
  },
});

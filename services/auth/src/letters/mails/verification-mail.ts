import { defineMail } from "../define-mail.ts";

/** The code for the app that signed up, and a link for whoever reads mail elsewhere. Either uses up both. */
export const verificationMail = defineMail({
  values: { code: "code", url: "link", validFor: "duration" },
  goodFor: "validFor",
  blocks: ["intro", { code: "code" }, "link", { button: "open", to: "url" }, "validity", "notMe"],
  texts: {
    en: {
      subject: "Your Kismet code",
      intro: "With this code you show that the address is yours:",
      link: "You can also confirm it here, with the password that you have just chosen:",
      open: "Confirm my address",
      validity: "Both are good for {validFor}. Nobody from Kismet will ever ask you for the code.",
      notMe: "If you did not sign up, somebody mistyped their address: you need not do anything.",
    },
    de: {
      subject: "Dein Kismet-Code",
      intro: "Mit diesem Code zeigst du, dass die Adresse dir gehört:",
      link: "Du kannst sie auch hier bestätigen, mit dem Passwort, das du gerade gewählt hast:",
      open: "Meine Adresse bestätigen",
      validity: "Beides gilt {validFor}. Niemand von Kismet wird dich je nach dem Code fragen.",
      notMe:
        "Wenn du dich nicht angemeldet hast, hat sich jemand bei der Adresse vertippt: Du musst nichts tun.",
    },
    fr: {
      subject: "Votre code Kismet",
      intro: "Ce code montre que cette adresse est bien la vôtre :",
      link: "Vous pouvez aussi la confirmer ici, avec le mot de passe que vous venez de choisir :",
      open: "Confirmer mon adresse",
      validity: "Les deux sont valables {validFor}. Personne chez Kismet ne vous demandera jamais ce code.",
      notMe: "Si vous ne vous êtes pas inscrit, quelqu’un s’est trompé d’adresse : vous n’avez rien à faire.",
    },
    ar: {
      subject: "رمز Kismet الخاص بك",
      intro: "بهذا الرمز تثبت أن هذا العنوان لك:",
      link: "يمكنك أيضًا تأكيده هنا بكلمة المرور التي اخترتها للتو:",
      open: "تأكيد عنواني",
      validity: "كلاهما صالح لمدة {validFor}. لن يطلب منك أحد من Kismet هذا الرمز أبدًا.",
      notMe: "إذا لم تكن أنت من سجّل، فقد أخطأ شخص ما في كتابة عنوانه، ولا يلزمك فعل أي شيء.",
    },
  },
});

import { defineMail } from "../define-mail.ts";

/** The alert about a device or a place that was not known. */
export const newSignInMail = defineMail({
  values: { device: "text or none", country: "country or none", at: "moment" },
  blocks: [
    "intro",
    { fact: "device", value: "device" },
    { fact: "place", value: "country" },
    { fact: "time", value: "at" },
    "notMe",
  ],
  texts: {
    en: {
      subject: "A new sign-in to your Kismet account",
      intro: "Your account has just been signed in to from a device or a place that was not known:",
      device: "Device",
      place: "Place",
      time: "Time",
      notMe: "If it was not you, set a new password at once: that signs out everywhere.",
    },
    de: {
      subject: "Neue Anmeldung in deinem Kismet-Konto",
      intro: "In deinem Konto hat sich gerade jemand von einem unbekannten Gerät oder Ort angemeldet:",
      device: "Gerät",
      place: "Ort",
      time: "Zeitpunkt",
      notMe: "Wenn du es nicht warst, lege sofort ein neues Passwort fest: Das meldet überall ab.",
    },
    fr: {
      subject: "Nouvelle connexion à votre compte Kismet",
      intro: "Quelqu’un vient de se connecter à votre compte depuis un appareil ou un lieu inconnu :",
      device: "Appareil",
      place: "Lieu",
      time: "Moment",
      notMe:
        "Si ce n’était pas vous, choisissez tout de suite un nouveau mot de passe : cela déconnecte partout.",
    },
    ar: {
      subject: "تسجيل دخول جديد إلى حسابك في Kismet",
      intro: "تم للتو تسجيل الدخول إلى حسابك من جهاز أو مكان غير معروف:",
      device: "الجهاز",
      place: "المكان",
      time: "الوقت",
      notMe: "إذا لم تكن أنت، فعيّن كلمة مرور جديدة على الفور: فهذا يسجّل الخروج من كل الأجهزة.",
    },
  },
});

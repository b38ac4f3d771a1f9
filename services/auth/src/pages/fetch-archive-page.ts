import { type Language, markup } from "@kismet/service-kit";
import { fetchByLink, findArchiveOfLink, isPasswordEnough } from "../export/fetch-by-link.ts";
import { archiveAnswer, sendingTimeoutMs } from "../export/open-archive.ts";
import { pagePaths } from "../letters/mail-links.ts";
import type { SignInDeps } from "../signin/sign-in-deps.ts";
import type { MailPage } from "./mail-page.ts";
import { LinkGone } from "./page-errors.ts";

type Text = "title" | "intro" | "care" | "address" | "password" | "button" | "wrong" | "inApp";
const texts: Record<Language, Record<Text, string>> = {
  en: {
    title: "Fetch your archive",
    intro: "Everything that Kismet keeps about you is in it. Enter the password of your account.",
    care: "Whoever has the file can read all of it: save it on a device of your own.",
    address: "E-mail address",
    password: "Password",
    button: "Fetch my archive",
    wrong: "This is not the password of your account.",
    inApp:
      "A password alone does not open your archive. Go to the app and fetch it there: it asks for what your account has, for example an authenticator, a passkey or a code by e-mail.",
  },
  de: {
    title: "Hol dein Archiv ab",
    intro: "Darin ist alles, was Kismet über dich speichert. Gib das Passwort deines Kontos ein.",
    care: "Wer die Datei hat, kann alles darin lesen: Speichere sie auf einem eigenen Gerät.",
    address: "E-Mail-Adresse",
    password: "Passwort",
    button: "Mein Archiv abholen",
    wrong: "Das ist nicht das Passwort deines Kontos.",
    inApp:
      "Ein Passwort allein öffnet dein Archiv nicht. Geh in die App und hol es dort ab: Sie fragt nach dem, was dein Konto hat, zum Beispiel nach einer Authenticator-App, einem Passkey oder einem Code per E-Mail.",
  },
  fr: {
    title: "Récupérez votre archive",
    intro:
      "Elle contient tout ce que Kismet conserve à votre sujet. Saisissez le mot de passe de votre compte.",
    care: "Quiconque a le fichier peut tout y lire : enregistrez-le sur un appareil qui est à vous.",
    address: "Adresse e-mail",
    password: "Mot de passe",
    button: "Récupérer mon archive",
    wrong: "Ce n’est pas le mot de passe de votre compte.",
    inApp:
      "Un mot de passe seul n’ouvre pas votre archive. Allez dans l’application et récupérez-la là : elle demande ce dont votre compte dispose, par exemple une application d’authentification, une clé d’accès ou un code par e-mail.",
  },
  ar: {
    title: "نزّل أرشيفك",
    intro: "فيه كل ما يحتفظ به Kismet عنك. أدخل كلمة مرور حسابك.",
    care: "كل من لديه الملف يستطيع قراءة كل ما فيه: احفظه على جهاز يخصك.",
    address: "عنوان البريد الإلكتروني",
    password: "كلمة المرور",
    button: "تنزيل أرشيفي",
    wrong: "هذه ليست كلمة مرور حسابك.",
    inApp:
      "كلمة المرور وحدها لا تفتح أرشيفك. افتح التطبيق ونزّله من هناك: سيطلب منك ما هو متاح لحسابك، مثل تطبيق مصادقة أو مفتاح مرور أو رمز يصلك بالبريد الإلكتروني.",
  },
};

export function fetchArchivePage(deps: SignInDeps): MailPage {
  const { read } = deps.database;
  return {
    path: pagePaths.archive,
    summary: "Fetch an archive by the link in the mail, with the password of the account",
    file: { answer: archiveAnswer, timeoutMs: sendingTimeoutMs },
    async show(token, { language }) {
      const found = await findArchiveOfLink(deps, read, token);
      if (!found) throw new LinkGone();
      const { title, intro, care, address, password, button, inApp } = texts[language];
      if (!(await isPasswordEnough(read, found.account))) return { title, paragraphs: [markup`${inApp}`] };
      return {
        title,
        paragraphs: [markup`${intro}`, markup`${care}`],
        address: { label: address, email: found.account.email },
        password: { label: password, autocomplete: "current-password" },
        button,
      };
    },
    async act(token, password, { language }, device) {
      const result = await fetchByLink(deps, token, password, device);
      if (result === "gone") throw new LinkGone();
      if (result === "wrong") return { fault: texts[language].wrong };
      return result === "not enough" ? { shownAnew: true } : { file: result };
    },
  };
}

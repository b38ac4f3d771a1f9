import { type Language, markup } from "@kismet/service-kit";
import { pagePaths } from "../letters/mail-links.ts";
import type { SignInDeps } from "../signin/sign-in-deps.ts";
import { findSignupOfLink, verifyByLink } from "../signup/verify-by-link.ts";
import type { MailPage } from "./mail-page.ts";
import { LinkGone } from "./page-errors.ts";

type Text = "title" | "intro" | "address" | "password" | "button" | "wrong" | "doneTitle" | "done";
const texts: Record<Language, Record<Text, string>> = {
  en: {
    title: "Confirm your address",
    intro: "Enter the password that you chose when you signed up. If you did not sign up, close this page.",
    address: "E-mail address",
    password: "Password",
    button: "Confirm my address",
    wrong: "This is not the password of this sign-up.",
    doneTitle: "Your address is confirmed",
    done: "Go back to the app and sign in.",
  },
  de: {
    title: "Bestätige deine Adresse",
    intro:
      "Gib das Passwort ein, das du bei der Registrierung gewählt hast. Wenn du dich nicht registriert hast, schließe diese Seite.",
    address: "E-Mail-Adresse",
    password: "Passwort",
    button: "Meine Adresse bestätigen",
    wrong: "Das ist nicht das Passwort dieser Registrierung.",
    doneTitle: "Deine Adresse ist bestätigt",
    done: "Geh zurück in die App und melde dich an.",
  },
  fr: {
    title: "Confirmez votre adresse",
    intro:
      "Saisissez le mot de passe choisi lors de votre inscription. Si vous ne vous êtes pas inscrit, fermez cette page.",
    address: "Adresse e-mail",
    password: "Mot de passe",
    button: "Confirmer mon adresse",
    wrong: "Ce n’est pas le mot de passe de cette inscription.",
    doneTitle: "Votre adresse est confirmée",
    done: "Retournez dans l’application et connectez-vous.",
  },
  ar: {
    title: "أكّد عنوانك",
    intro: "أدخل كلمة المرور التي اخترتها عند التسجيل. إذا لم تسجّل، فأغلق هذه الصفحة.",
    address: "عنوان البريد الإلكتروني",
    password: "كلمة المرور",
    button: "تأكيد عنواني",
    wrong: "هذه ليست كلمة المرور الخاصة بهذا التسجيل.",
    doneTitle: "تم تأكيد عنوانك",
    done: "ارجع إلى التطبيق وسجّل الدخول.",
  },
};

export function verifyEmailPage(deps: SignInDeps): MailPage {
  return {
    path: pagePaths.verify,
    summary: "Prove the address by the link in the mail, with the password of the sign-up",
    async show(token, { language }) {
      const found = await findSignupOfLink(deps, token);
      if (!found) throw new LinkGone();
      const { title, intro, address, password, button } = texts[language];
      return {
        title,
        paragraphs: [markup`${intro}`],
        address: { label: address, email: found.account.email },
        password: { label: password, autocomplete: "current-password" },
        button,
      };
    },
    async act(token, password, { language }) {
      const { wrong, doneTitle, done } = texts[language];
      const result = await verifyByLink(deps, token, password);
      if (result === "gone") throw new LinkGone();
      return result === "wrong" ? { fault: wrong } : { done: { title: doneTitle, text: done } };
    },
  };
}

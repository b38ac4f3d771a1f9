import { type Clock, type Language, markup } from "@kismet/service-kit";
import { findAccountOfRestoreLink, restoreByLink } from "../accounts/restore-by-link.ts";
import { pagePaths } from "../letters/mail-links.ts";
import type { Digests } from "../secrets/digests.ts";
import type { AuthDatabase } from "../storage.ts";
import type { MailPage } from "./mail-page.ts";
import { LinkGone } from "./page-errors.ts";

type Text = "title" | "intro" | "effect" | "button" | "doneTitle" | "done";
const texts: Record<Language, Record<Text, string>> = {
  en: {
    title: "Keep your account?",
    intro: "The account of this address is about to be erased:",
    effect: "If you keep it, others can see you again, and everything is as it was before.",
    button: "Keep my account",
    doneTitle: "Your account is back",
    done: "Nothing was erased. You can sign in as before.",
  },
  de: {
    title: "Konto behalten?",
    intro: "Das Konto zu dieser Adresse soll gelöscht werden:",
    effect: "Wenn du es behältst, können andere dich wieder sehen, und alles ist wie vorher.",
    button: "Mein Konto behalten",
    doneTitle: "Dein Konto ist wieder da",
    done: "Es wurde nichts gelöscht. Du kannst dich wie vorher anmelden.",
  },
  fr: {
    title: "Garder votre compte ?",
    intro: "Le compte de cette adresse va être effacé :",
    effect: "Si vous le gardez, les autres vous verront de nouveau et tout sera comme avant.",
    button: "Garder mon compte",
    doneTitle: "Votre compte est de retour",
    done: "Rien n’a été effacé. Vous pouvez vous connecter comme avant.",
  },
  ar: {
    title: "هل تريد الاحتفاظ بحسابك؟",
    intro: "حساب هذا العنوان على وشك أن يُمحى:",
    effect: "إذا احتفظت به، فسيراك الآخرون من جديد، ويعود كل شيء كما كان.",
    button: "الاحتفاظ بحسابي",
    doneTitle: "عاد حسابك",
    done: "لم يُمحَ شيء. يمكنك تسجيل الدخول كما كنت تفعل.",
  },
};

export function restoreAccountPage(deps: {
  database: AuthDatabase;
  clock: Clock;
  digests: Digests;
}): MailPage {
  return {
    path: pagePaths.restore,
    summary: "Take back the deletion of an account by the link in the mail",
    async show(token, { language }) {
      const account = await findAccountOfRestoreLink(deps, token);
      if (!account) throw new LinkGone();
      const { title, intro, effect, button } = texts[language];
      return {
        title,
        paragraphs: [markup`${intro} <bdi>${account.email}</bdi>`, markup`${effect}`],
        button,
      };
    },
    async act(token, _password, { language }) {
      if (!(await restoreByLink(deps, token))) throw new LinkGone();
      const { doneTitle, done } = texts[language];
      return { done: { title: doneTitle, text: done } };
    },
  };
}

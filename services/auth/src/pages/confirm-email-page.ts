import { type Language, markup } from "@kismet/service-kit";
import { confirmByLink, findChangeOfLink } from "../email/confirm-email-change.ts";
import type { ConfirmDeps } from "../email/email-change-deps.ts";
import { pagePaths } from "../letters/mail-links.ts";
import type { MailPage } from "./mail-page.ts";
import { LinkGone } from "./page-errors.ts";

type Text = "title" | "intro" | "notMe" | "button" | "doneTitle" | "done";
const texts: Record<Language, Record<Text, string>> = {
  en: {
    title: "Use this address?",
    intro: "A Kismet account is to be used with this address from now on:",
    notMe: "If it was not you who asked for this, close this page.",
    button: "Use this address",
    doneTitle: "Your address is changed",
    done: "From now on sign in with this address.",
  },
  de: {
    title: "Diese Adresse benutzen?",
    intro: "Ein Kismet-Konto soll ab jetzt mit dieser Adresse benutzt werden:",
    notMe: "Wenn du das nicht veranlasst hast, schließe diese Seite.",
    button: "Diese Adresse benutzen",
    doneTitle: "Deine Adresse ist geändert",
    done: "Melde dich ab jetzt mit dieser Adresse an.",
  },
  fr: {
    title: "Utiliser cette adresse ?",
    intro: "Un compte Kismet doit désormais utiliser cette adresse :",
    notMe: "Si vous n’êtes pas à l’origine de cette demande, fermez cette page.",
    button: "Utiliser cette adresse",
    doneTitle: "Votre adresse est modifiée",
    done: "Connectez-vous désormais avec cette adresse.",
  },
  ar: {
    title: "هل تريد استخدام هذا العنوان؟",
    intro: "سيُستخدم حساب في Kismet بهذا العنوان من الآن فصاعدًا:",
    notMe: "إذا لم تكن أنت من طلب ذلك، فأغلق هذه الصفحة.",
    button: "استخدام هذا العنوان",
    doneTitle: "تم تغيير عنوانك",
    done: "سجّل الدخول بهذا العنوان من الآن فصاعدًا.",
  },
};

export function confirmEmailPage(deps: ConfirmDeps): MailPage {
  return {
    path: pagePaths.confirm,
    summary: "Prove a new address by the link in the mail",
    async show(token, { language }) {
      const change = await findChangeOfLink(deps, token);
      if (!change) throw new LinkGone();
      const { title, intro, notMe, button } = texts[language];
      return {
        title,
        paragraphs: [markup`${intro} <strong><bdi>${change.newEmail}</bdi></strong>`, markup`${notMe}`],
        button,
      };
    },
    async act(token, _password, { language }) {
      if (!(await confirmByLink(deps, token))) throw new LinkGone();
      const { doneTitle, done } = texts[language];
      return { done: { title: doneTitle, text: done } };
    },
  };
}

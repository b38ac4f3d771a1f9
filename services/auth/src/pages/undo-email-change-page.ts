import { type Language, markup } from "@kismet/service-kit";
import type { ConfirmDeps } from "../email/email-change-deps.ts";
import { findChangeToUndo, undoEmailChange } from "../email/undo-email-change.ts";
import { pagePaths } from "../letters/mail-links.ts";
import type { MailPage } from "./mail-page.ts";
import { LinkGone } from "./page-errors.ts";

type Text = "title" | "intro" | "effect" | "button" | "doneTitle" | "done";
const texts: Record<Language, Record<Text, string>> = {
  en: {
    title: "Undo the change of address?",
    intro: "Your account is to be used with this address again:",
    effect:
      "Everybody is signed out, also on your devices. The password is void, and so are passkeys and second factors that were added lately. A mail to choose a new password follows.",
    button: "Undo the change",
    doneTitle: "The change is undone",
    done: "We have sent you a mail: choose a new password with it.",
  },
  de: {
    title: "Änderung der Adresse rückgängig machen?",
    intro: "Dein Konto soll wieder mit dieser Adresse benutzt werden:",
    effect:
      "Alle werden abgemeldet, auch deine Geräte. Das Passwort gilt nicht mehr, ebenso wenig Passkeys und zweite Faktoren, die kürzlich hinzukamen. Danach kommt eine Mail, mit der du ein neues Passwort wählst.",
    button: "Änderung rückgängig machen",
    doneTitle: "Die Änderung ist rückgängig gemacht",
    done: "Wir haben dir eine Mail geschickt: Wähle damit ein neues Passwort.",
  },
  fr: {
    title: "Annuler le changement d’adresse ?",
    intro: "Votre compte doit de nouveau utiliser cette adresse :",
    effect:
      "Tout le monde est déconnecté, vos appareils aussi. Le mot de passe n’est plus valable, pas plus que les clés d’accès et seconds facteurs ajoutés récemment. Un e-mail suivra pour choisir un nouveau mot de passe.",
    button: "Annuler le changement",
    doneTitle: "Le changement est annulé",
    done: "Nous vous avons envoyé un e-mail : il vous permet de choisir un nouveau mot de passe.",
  },
  ar: {
    title: "هل تريد التراجع عن تغيير العنوان؟",
    intro: "سيُستخدم حسابك بهذا العنوان من جديد:",
    effect:
      "يُسجَّل خروج الجميع، من أجهزتك أيضًا. وتصبح كلمة المرور لاغية، وكذلك مفاتيح المرور والعوامل الثانية التي أُضيفت مؤخرًا. ثم تصلك رسالة لاختيار كلمة مرور جديدة.",
    button: "التراجع عن التغيير",
    doneTitle: "تم التراجع عن التغيير",
    done: "أرسلنا إليك رسالة: اختر بها كلمة مرور جديدة.",
  },
};

export function undoEmailChangePage(deps: ConfirmDeps): MailPage {
  return {
    path: pagePaths.undo,
    summary: "Take back a change of address by the link in the mail to the old one",
    async show(token, { language }) {
      const change = await findChangeToUndo(deps, token);
      if (!change) throw new LinkGone();
      const { title, intro, effect, button } = texts[language];
      return {
        title,
        paragraphs: [markup`${intro} <strong><bdi>${change.oldEmail}</bdi></strong>`, markup`${effect}`],
        button,
      };
    },
    async act(token, _password, { language }) {
      if (!(await undoEmailChange(deps, token))) throw new LinkGone();
      const { doneTitle, done } = texts[language];
      return { done: { title: doneTitle, text: done } };
    },
  };
}

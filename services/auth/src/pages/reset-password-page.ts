import { passwordLength } from "@kismet/contracts";
import { type Language, lengthOf } from "@kismet/service-kit";
import { pagePaths } from "../letters/mail-links.ts";
import { type PasswordFault, PasswordRefused, ResetTokenInvalid } from "../password/password-errors.ts";
import { findResetAccount, type PasswordDeps, resetPassword } from "../password/reset-password.ts";
import type { MailPage } from "./mail-page.ts";
import { LinkGone } from "./page-errors.ts";

const { minLength, maxLength } = passwordLength;

type Text =
  "title" | "address" | "password" | "hint" | "button" | "doneTitle" | "done" | "length" | PasswordFault;
const texts: Record<Language, Record<Text, string>> = {
  en: {
    title: "Choose a new password",
    address: "E-mail address",
    password: "New password",
    hint: `${minLength} to ${maxLength} characters. Whatever you like, but nothing that others try first.`,
    button: "Set the password",
    doneTitle: "Your password is set",
    done: "You have been signed out everywhere. Go back to the app and sign in.",
    length: `The password needs ${minLength} to ${maxLength} characters.`,
    common: "This password is among the first that are tried by others.",
    repetitive: "This password repeats too few characters.",
    address_in_it: "The password must not contain the e-mail address.",
  },
  de: {
    title: "Wähle ein neues Passwort",
    address: "E-Mail-Adresse",
    password: "Neues Passwort",
    hint: `${minLength} bis ${maxLength} Zeichen. Was du willst, nur nichts, was andere zuerst probieren.`,
    button: "Passwort festlegen",
    doneTitle: "Dein Passwort ist festgelegt",
    done: "Du wurdest überall abgemeldet. Geh zurück in die App und melde dich an.",
    length: `Das Passwort braucht ${minLength} bis ${maxLength} Zeichen.`,
    common: "Dieses Passwort gehört zu denen, die andere zuerst probieren.",
    repetitive: "Dieses Passwort wiederholt zu wenige Zeichen.",
    address_in_it: "Das Passwort darf die E-Mail-Adresse nicht enthalten.",
  },
  fr: {
    title: "Choisissez un nouveau mot de passe",
    address: "Adresse e-mail",
    password: "Nouveau mot de passe",
    hint: `De ${minLength} à ${maxLength} caractères. Ce que vous voulez, sauf ce que d’autres essaient d’abord.`,
    button: "Enregistrer le mot de passe",
    doneTitle: "Votre mot de passe est enregistré",
    done: "Vous avez été déconnecté partout. Retournez dans l’application et connectez-vous.",
    length: `Le mot de passe doit avoir de ${minLength} à ${maxLength} caractères.`,
    common: "Ce mot de passe est parmi les premiers que d’autres essaient.",
    repetitive: "Ce mot de passe répète trop peu de caractères.",
    address_in_it: "Le mot de passe ne doit pas contenir l’adresse e-mail.",
  },
  ar: {
    title: "اختر كلمة مرور جديدة",
    address: "عنوان البريد الإلكتروني",
    password: "كلمة المرور الجديدة",
    hint: `من ${minLength} إلى ${maxLength} حرفًا. اختر ما تشاء، إلا ما يجرّبه الآخرون أولًا.`,
    button: "تعيين كلمة المرور",
    doneTitle: "تم تعيين كلمة المرور",
    done: "تم تسجيل خروجك من كل الأجهزة. ارجع إلى التطبيق وسجّل الدخول.",
    length: `يجب أن تتكوّن كلمة المرور من ${minLength} إلى ${maxLength} حرفًا.`,
    common: "كلمة المرور هذه من أوائل ما يجرّبه الآخرون.",
    repetitive: "كلمة المرور هذه تكرّر عددًا قليلًا جدًا من الأحرف.",
    address_in_it: "يجب ألا تحتوي كلمة المرور على عنوان البريد الإلكتروني.",
  },
};

export function resetPasswordPage(deps: PasswordDeps): MailPage {
  return {
    path: pagePaths.reset,
    summary: "Set a new password by the link in the mail",
    async show(token, { language }) {
      const account = await findResetAccount(deps, token);
      if (!account) throw new LinkGone();
      const { title, address, password, hint, button } = texts[language];
      return {
        title,
        paragraphs: [],
        address: { label: address, email: account.email },
        password: { label: password, hint, autocomplete: "new-password" },
        button,
      };
    },
    async act(token, password, { language }) {
      const said = texts[language];
      const length = lengthOf(password);
      if (length < minLength || length > maxLength) return { fault: said.length };
      try {
        await resetPassword(deps, token, password);
      } catch (error) {
        if (error instanceof PasswordRefused) return { fault: said[error.fault] };
        if (error instanceof ResetTokenInvalid) throw new LinkGone();
        throw error;
      }
      return { done: { title: said.doneTitle, text: said.done } };
    },
  };
}

import { readFileSync } from "node:fs";
import { strict } from "@kismet/contracts";
import {
  type App,
  type Language,
  markup,
  Page,
  readerOfRequest,
  renderPage,
  sendPage,
} from "@kismet/service-kit";
import { Type } from "typebox";

const path = "/auth/passkeys";
const scriptPath = "/auth/passkeys/page.js";
const script = readFileSync(new URL("./passkey-page.js", import.meta.url), "utf8");

type Texts = Record<
  | "title"
  | "signIn"
  | "email"
  | "password"
  | "withPassword"
  | "yours"
  | "name"
  | "add"
  | "remove"
  | "suspended"
  | "working"
  | "signedIn"
  | "added"
  | "removed"
  | "refused"
  | "wrong"
  | "nobody"
  | "last"
  | "stale"
  | "challenge"
  | "failed"
  | "unsupported",
  string
>;

const texts: Record<Language, Texts> = {
  en: {
    title: "Passkeys",
    signIn: "Sign in with a passkey",
    email: "E-mail address",
    password: "Password",
    withPassword: "Sign in with a password",
    yours: "Your passkeys",
    name: "Name of this device",
    add: "Add a passkey",
    remove: "Remove",
    suspended: "suspended",
    working: "One moment …",
    signedIn: "You are signed in.",
    added: "The passkey was added.",
    removed: "The passkey was removed.",
    refused: "This passkey can’t be used.",
    wrong: "The address or the password is not right.",
    nobody: "No passkey was used.",
    last: "Nothing else would be left to sign in with.",
    stale: "Sign in again first.",
    challenge: "This device asks for more: sign in with the app.",
    failed: "This did not work. Try again.",
    unsupported: "This browser can’t use passkeys here.",
  },
  de: {
    title: "Passkeys",
    signIn: "Mit einem Passkey anmelden",
    email: "E-Mail-Adresse",
    password: "Passwort",
    withPassword: "Mit dem Passwort anmelden",
    yours: "Deine Passkeys",
    name: "Name dieses Geräts",
    add: "Passkey hinzufügen",
    remove: "Entfernen",
    suspended: "gesperrt",
    working: "Einen Moment …",
    signedIn: "Du bist angemeldet.",
    added: "Der Passkey wurde hinzugefügt.",
    removed: "Der Passkey wurde entfernt.",
    refused: "Dieser Passkey kann nicht benutzt werden.",
    wrong: "Die Adresse oder das Passwort stimmt nicht.",
    nobody: "Es wurde kein Passkey benutzt.",
    last: "Danach könntest du dich nicht mehr anmelden.",
    stale: "Melde dich zuerst neu an.",
    challenge: "Auf diesem Gerät wird mehr verlangt: Melde dich mit der App an.",
    failed: "Das hat nicht geklappt. Versuche es noch einmal.",
    unsupported: "Dieser Browser kann hier keine Passkeys benutzen.",
  },
  fr: {
    title: "Clés d’accès",
    signIn: "Se connecter avec une clé d’accès",
    email: "Adresse e-mail",
    password: "Mot de passe",
    withPassword: "Se connecter avec le mot de passe",
    yours: "Vos clés d’accès",
    name: "Nom de cet appareil",
    add: "Ajouter une clé d’accès",
    remove: "Retirer",
    suspended: "suspendue",
    working: "Un instant …",
    signedIn: "Vous êtes connecté.",
    added: "La clé d’accès a été ajoutée.",
    removed: "La clé d’accès a été retirée.",
    refused: "Cette clé d’accès ne peut pas être utilisée.",
    wrong: "L’adresse ou le mot de passe est incorrect.",
    nobody: "Aucune clé d’accès n’a été utilisée.",
    last: "Il ne resterait aucun moyen de vous connecter.",
    stale: "Reconnectez-vous d’abord.",
    challenge: "Cet appareil demande davantage : connectez-vous avec l’application.",
    failed: "Cela n’a pas fonctionné. Réessayez.",
    unsupported: "Ce navigateur ne peut pas utiliser de clés d’accès ici.",
  },
  ar: {
    title: "مفاتيح المرور",
    signIn: "تسجيل الدخول بمفتاح مرور",
    email: "عنوان البريد الإلكتروني",
    password: "كلمة المرور",
    withPassword: "تسجيل الدخول بكلمة المرور",
    yours: "مفاتيح المرور الخاصة بك",
    name: "اسم هذا الجهاز",
    add: "إضافة مفتاح مرور",
    remove: "إزالة",
    suspended: "معلّق",
    working: "لحظة …",
    signedIn: "تم تسجيل دخولك.",
    added: "تمت إضافة مفتاح المرور.",
    removed: "تمت إزالة مفتاح المرور.",
    refused: "لا يمكن استخدام مفتاح المرور هذا.",
    wrong: "العنوان أو كلمة المرور غير صحيح.",
    nobody: "لم يُستخدم أي مفتاح مرور.",
    last: "لن تبقى أي طريقة أخرى لتسجيل الدخول.",
    stale: "سجّل الدخول من جديد أولًا.",
    challenge: "يطلب هذا الجهاز المزيد: سجّل الدخول من التطبيق.",
    failed: "لم ينجح ذلك. حاول مرة أخرى.",
    unsupported: "لا يمكن لهذا المتصفح استخدام مفاتيح المرور هنا.",
  },
};

const policy = {
  auth: "public",
  limit: "read",
  bodyLimit: 1_024,
  timeoutMs: 3_000,
  idempotent: true,
  page: true,
} as const;

/** A page on which a member signs in by passkey and keeps theirs: it knows the public interface only. */
export function servePasskeyPage(app: App): void {
  app.route({
    method: "GET",
    url: path,
    schema: {
      summary: "The page of passkeys",
      tags: ["auth"],
      querystring: strict({
        lang: Type.Optional(Type.String({ pattern: "^[A-Za-z-]{2,35}$", maxLength: 35 })),
      }),
      response: { 200: { description: "A page", content: { "text/html": { schema: Page } } } },
    },
    config: { policy },
    handler: async (request, reply) => {
      const { language } = readerOfRequest(request);
      // One script of ours runs, and nothing in the page itself.
      return sendPage(reply, 200, renderPasskeyPage(language), { scripted: true });
    },
  });

  app.route({
    method: "GET",
    url: scriptPath,
    schema: {
      summary: "The script of the page of passkeys",
      tags: ["auth"],
      response: { 200: { description: "A script", content: { "text/javascript": { schema: Page } } } },
    },
    config: { policy },
    handler: async (_request, reply) =>
      reply
        .type("text/javascript; charset=utf-8")
        .header("cross-origin-resource-policy", "same-origin")
        .send(script),
  });
}

function renderPasskeyPage(language: Language): string {
  const said = texts[language];
  const content = markup`<p id="said" role="status" data-working="${said.working}" data-signed-in="${said.signedIn}"
 data-added="${said.added}" data-removed="${said.removed}" data-refused="${said.refused}" data-wrong="${said.wrong}"
 data-nobody="${said.nobody}" data-last="${said.last}" data-stale="${said.stale}" data-challenge="${said.challenge}"
 data-failed="${said.failed}" data-unsupported="${said.unsupported}" data-suspended="${said.suspended}"
 data-remove="${said.remove}"></p>
<noscript><p>${said.unsupported}</p></noscript>
<div id="stranger">
<p><button type="button" id="sign-in">${said.signIn}</button></p>
<form id="password-form" method="post" action="${path}">
<div class="field"><label for="email">${said.email}</label>
<input id="email" name="email" type="email" autocomplete="username webauthn" required></div>
<div class="field"><label for="password">${said.password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required></div>
<button>${said.withPassword}</button>
</form>
</div>
<div id="own" hidden>
<h2>${said.yours}</h2>
<ul id="list"></ul>
<form id="add-form" method="post" action="${path}">
<div class="field"><label for="name">${said.name}</label>
<input id="name" name="name" maxlength="64" required></div>
<button>${said.add}</button>
</form>
</div>
<script type="module" src="${scriptPath}"></script>`;
  return renderPage(language, { title: said.title, content });
}

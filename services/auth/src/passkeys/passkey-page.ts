import { readFileSync } from "node:fs";
import { strict } from "@kismet/contracts";
import {
  type App,
  type Html,
  type Language,
  markup,
  pageAnswer,
  readerOfRequest,
  renderPage,
  sendPage,
} from "@kismet/service-kit";
import { Type } from "typebox";
import type { ProviderClients } from "../oidc/provider-client.ts";
import { shownPage } from "../route-policies.ts";
import { passkeyPageTexts, type PasskeyPageTexts } from "./passkey-page-texts.ts";

const path = "/auth/passkeys";
const scriptPath = "/auth/passkeys/page.js";
const script = readFileSync(new URL("./passkey-page.js", import.meta.url), "utf8");

type Providers = { providers: ProviderClients; returnUrls: readonly string[] };

/** A page on which a member signs in and keeps their passkeys: it knows the public interface only. */
export function servePasskeyPage(app: App, { providers, returnUrls }: Providers): void {
  // A provider sends back to listed addresses only.
  const canReturn = returnUrls.some((url) => URL.parse(url)?.pathname === path);
  const offered = canReturn ? [...providers.values()] : [];

  app.route({
    method: "GET",
    url: path,
    schema: {
      summary: "The page of passkeys",
      tags: ["auth"],
      querystring: strict({
        lang: Type.Optional(Type.String({ pattern: "^[A-Za-z-]{2,35}$", maxLength: 35 })),
      }),
      response: { 200: pageAnswer() },
    },
    config: { policy: shownPage },
    handler: async (request, reply) => {
      const { language } = readerOfRequest(request);
      // One script of ours runs, and nothing in the page itself.
      return sendPage(reply, 200, renderPasskeyPage(language, offered), { scripted: true });
    },
  });

  app.route({
    method: "GET",
    url: scriptPath,
    schema: {
      summary: "The script of the page of passkeys",
      tags: ["auth"],
      response: {
        200: {
          description: "A script",
          content: { "text/javascript": { schema: Type.String({ maxLength: 65_536 }) } },
        },
      },
    },
    config: { policy: shownPage },
    handler: async (_request, reply) =>
      reply
        .type("text/javascript; charset=utf-8")
        .header("cross-origin-resource-policy", "same-origin")
        .send(script),
  });
}

type Offered = readonly { name: string; title: string }[];

/** Nothing of it is shown before the script runs, but to browsers that run none. */
function renderPasskeyPage(language: Language, offered: Offered): string {
  const { labels, said, faults } = passkeyPageTexts[language];
  const content = markup`<p id="said" role="status"${attributes(said)}></p>
<p id="fault" class="faults" role="alert" tabindex="-1" hidden${attributes(faults)}></p>
<noscript><p>${labels.withoutScripts}</p></noscript>
${stranger(labels, offered)}
${challenge(labels)}
${own(labels)}
<script type="module" src="${scriptPath}"></script>`;
  return renderPage(language, { title: labels.title, content });
}

type Labels = PasskeyPageTexts["labels"];

function stranger(labels: Labels, offered: Offered): Html {
  const buttons = offered.map(
    ({ name, title }) =>
      markup`<p><button type="button" class="quiet" value="${name}">${labels.signInWith} <bdi>${title}</bdi></button></p>`,
  );
  return markup`<div id="stranger" hidden>
<p><button type="button" id="sign-in">${labels.signIn}</button></p>
<div id="providers">${buttons}</div>
<form id="password-form" method="post" action="${path}">
<div class="field"><label for="email">${labels.email}</label>
<input id="email" name="email" type="email" autocomplete="username webauthn" required maxlength="254" dir="ltr"></div>
<div class="field"><label for="password">${labels.password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="128" dir="ltr"></div>
<button class="quiet">${labels.withPassword}</button>
</form>
</div>`;
}

function challenge(labels: Labels): Html {
  return markup`<div id="challenge" hidden>
<form id="challenge-form" method="post" action="${path}">
<div class="field" id="kind-field"><label for="kind">${labels.kind}</label>
<select id="kind" name="kind">
<option value="totp">${labels.totp}</option>
<option value="recovery_code">${labels.recoveryCode}</option>
<option value="email_code">${labels.emailCode}</option>
</select></div>
<div class="field"><label for="code" id="code-label">${labels.totp}</label>
<input id="code" name="code" autocomplete="one-time-code" spellcheck="false" required minlength="6" maxlength="32" dir="ltr"></div>
<p><button>${labels.answer}</button></p>
<button type="button" class="quiet" id="again">${labels.again}</button>
</form>
</div>`;
}

function own(labels: Labels): Html {
  return markup`<div id="own" hidden>
<h2 id="yours" tabindex="-1">${labels.yours}</h2>
<ul id="list" class="rows"></ul>
<form id="add-form" method="post" action="${path}">
<div class="field"><label for="name">${labels.name}</label>
<input id="name" name="name" maxlength="64" required></div>
<button>${labels.add}</button>
</form>
</div>`;
}

/** For the script, which finds `data-signed-in` as `dataset.signedIn`. */
function attributes(texts: Record<string, string>): Html[] {
  return Object.entries(texts).map(([name, text]) => {
    const dashed = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return markup` data-${dashed}="${text}"`;
  });
}

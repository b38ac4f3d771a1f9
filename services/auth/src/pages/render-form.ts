import { type Html, type Language, markup, type Reader, renderPage } from "@kismet/service-kit";
import type { Form } from "./mail-page.ts";

const texts: Record<Language, { fault: string }> = {
  en: { fault: "There is a problem" },
  de: { fault: "Es gibt ein Problem" },
  fr: { fault: "Il y a un problème" },
  ar: { fault: "هناك مشكلة" },
};

type Sent = { path: string; token: string; fault?: string };

export function renderForm({ language }: Reader, sent: Sent, form: Form): string {
  const { fault } = sent;
  return renderPage(language, {
    title: form.title,
    content: markup`${fault === undefined ? undefined : faultSummary(language, fault)}
${form.paragraphs.map((paragraph) => markup`<p>${paragraph}</p>`)}
${form.button && fields(language, sent, form)}`,
  });
}

function fields(language: Language, { path, token, fault }: Sent, { address, password, button }: Form): Html {
  return markup`<form method="post" action="${path}?lang=${language}">
<input type="hidden" name="token" value="${token}">
${address && addressField(address)}
${password && passwordField(password, fault)}
<button type="submit">${button}</button>
</form>`;
}

/** Read out first, since it is where the page opens; from it a link leads to the field. */
function faultSummary(language: Language, fault: string): Html {
  return markup`<div class="faults" role="alert" tabindex="-1" autofocus>
<h2>${texts[language].fault}</h2>
<ul><li><a href="#password">${fault}</a></li></ul>
</div>`;
}

/** To be read; and unseen, for password managers, which want a field. That has no name, and so is not sent. */
function addressField({ label, email }: NonNullable<Form["address"]>): Html {
  return markup`<p>${label}: <strong><bdi>${email}</bdi></strong></p>
<input class="unseen" type="email" value="${email}" autocomplete="username" readonly tabindex="-1" aria-hidden="true">`;
}

function passwordField({ label, hint, autocomplete }: NonNullable<Form["password"]>, fault?: string): Html {
  const described = [hint === undefined ? "" : "hint", fault === undefined ? "" : "fault"].join(" ").trim();
  return markup`<div class="field"><label for="password">${label}</label>
${hint === undefined ? undefined : markup`<span class="hint" id="hint">${hint}</span>`}
${fault === undefined ? undefined : markup`<span class="fault" id="fault">${fault}</span>`}
<input id="password" name="password" type="password" autocomplete="${autocomplete}" required maxlength="128" dir="ltr"${described === "" ? undefined : markup` aria-describedby="${described}"`}${fault === undefined ? undefined : markup` aria-invalid="true"`}></div>`;
}

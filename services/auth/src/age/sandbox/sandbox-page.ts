import { markup, renderPage } from "@kismet/service-kit";
import { sandboxPagePath } from "../age-paths.ts";
import type { ProviderRequest } from "../age-provider.ts";

/** For developers, in English. */
export function renderChoice({ method, minimumAge }: ProviderRequest, token: string): string {
  const finding =
    method === "estimation"
      ? markup`<div class="field"><label for="years">Estimated age</label>
<input id="years" name="years" type="number" min="0" max="120" value="30" required></div>
<button type="submit" name="found" value="estimate">This is how old the face looks</button>`
      : markup`<div class="field"><label for="birthDate">Birth date in the document</label>
<input id="birthDate" name="birthDate" type="date" value="1990-01-01" required></div>
<button type="submit" name="found" value="document">This is what the document says</button>`;
  const others = [
    ["too_young", "Too young, and no more is told"],
    ["inconclusive", "Nothing can be told"],
    ["failed", "The check fails"],
  ];
  return renderPage("en", {
    title: "What is found?",
    content: markup`<p>A sandbox: nobody is looked at. Asked for is a proof of ${minimumAge} years, by ${method}.</p>
<form method="post" action="${sandboxPagePath}">
<input type="hidden" name="check" value="${token}">
${finding}
${others.map(([value = "", label = ""]) => markup`<p></p><button type="submit" name="found" value="${value}" formnovalidate>${label}</button>`)}
</form>`,
  });
}

export function renderTold({ returnUrl }: ProviderRequest, status: number): string {
  return status === 200
    ? renderPage("en", {
        title: "Told",
        content: markup`<p role="status">The result was taken. <a href="${returnUrl}">Go on</a>.</p>`,
      })
    : renderPage("en", {
        title: "Not taken",
        content: markup`<p role="status">The result was answered with ${status}: the check is over, or has a result.</p>`,
      });
}

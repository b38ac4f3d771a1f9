import { createHash } from "node:crypto";
import { directionOf, type Language } from "./languages.ts";
import { Html, markup } from "./html.ts";

/** Colours keep 4.5:1 in both schemes; sides are logical, so that right-to-left needs no rules of its own. */
const styles = `
:root{color-scheme:light dark;--paper:#f5f2f6;--card:#fff;--ink:#1d1a21;--faint:#5c5663;--line:#8a8391;--accent:#9b1c54;--on-accent:#fff;--fault:#b3261e;--fault-card:#fdeeed;--focus:#0b57d0}
@media (prefers-color-scheme:dark){:root{--paper:#151217;--card:#221d26;--ink:#f1edf4;--faint:#bbb3c3;--line:#978f9f;--accent:#f2a3c7;--on-accent:#2a0a1a;--fault:#ffb4ab;--fault-card:#3a1d1b;--focus:#a8c7fa}}
*,*::before,*::after{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.5 -apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans Arabic",Helvetica,Arial,sans-serif;overflow-wrap:anywhere}
header,main,footer{max-width:30rem;margin-inline:auto;padding-inline:1rem}
header{padding-block:1.5rem 1rem;font-weight:700;font-size:1.25rem;color:var(--accent)}
main>.card{background:var(--card);border-radius:.75rem;padding:1.5rem}
footer{padding-block:1rem 2rem;font-size:.875rem;color:var(--faint)}
h1{margin:0 0 .75rem;font-size:1.5rem;line-height:1.25;text-wrap:balance}
h2{margin:0 0 .5rem;font-size:1rem}
p{margin:0 0 1rem}
.card>:last-child{margin-block-end:0}
ul{margin:0;padding-inline-start:1.25rem}
a{color:inherit}
.faults{margin:0 0 1.25rem;padding:1rem;border-inline-start:.25rem solid var(--fault);border-radius:.25rem;background:var(--fault-card)}
.faults h2,.faults a,.fault{color:var(--fault)}
.field{margin:0 0 1.25rem}
label{display:block;margin:0 0 .25rem;font-weight:600}
.hint,.fault{display:block;margin:0 0 .25rem;font-size:.875rem}
.hint{color:var(--faint)}
.fault{font-weight:600}
input,select{width:100%;min-height:2.75rem;padding:.5rem .75rem;border:1px solid var(--line);border-radius:.5rem;background:var(--card);color:var(--ink);font:inherit}
input[aria-invalid]{border:2px solid var(--fault)}
.unseen{position:absolute;width:1px;height:1px;min-height:0;padding:0;border:0;overflow:hidden;clip-path:inset(50%)}
button{display:block;width:100%;min-height:2.75rem;padding:.625rem 1.25rem;border:2px solid transparent;border-radius:.5rem;background:var(--accent);color:var(--on-accent);font:inherit;font-weight:600;cursor:pointer}
button.quiet{border-color:currentColor;background:transparent;color:var(--accent)}
.rows{margin:0 0 1.25rem;padding:0;list-style:none}
.rows li{display:flex;gap:1rem;align-items:center;justify-content:space-between;padding-block:.5rem;border-block-end:1px solid var(--line)}
.rows button{width:auto;flex:none}
.faults:not(:has(*)){color:var(--fault);font-weight:600}
[hidden]{display:none!important}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.id{font-family:ui-monospace,Menlo,Consolas,monospace}
`;

const stylesHash = createHash("sha256").update(styles).digest("base64");

/**
 * Of every page: nothing is fetched and no script runs, only its own styles are believed, its form goes to where it came
 * from, no other page holds it in a frame, and no address of it (some carry a token: docs/adr/mail-links.md) is told on.
 */
export const pageHeaders: Readonly<Record<string, string>> = {
  "content-security-policy": `default-src 'none'; style-src 'sha256-${stylesHash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  "cross-origin-opener-policy": "same-origin",
  "origin-agent-cluster": "?1",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
  "x-robots-tag": "noindex, nofollow",
};

export const scriptedPageHeaders: Readonly<Record<string, string>> = {
  ...pageHeaders,
  "content-security-policy": `script-src 'self'; connect-src 'self'; ${pageHeaders["content-security-policy"]}`,
};

/** A whole page: one `h1`, which is also its title, and what follows it. */
export function renderPage(
  language: Language,
  page: { title: string; content: Html; footer?: Html },
): string {
  const { title, content, footer } = page;
  return markup`<!doctype html>
<html lang="${language}" dir="${directionOf(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Kismet</title>
<style>${new Html(styles)}</style>
</head>
<body>
<header>Kismet</header>
<main><div class="card">
<h1>${title}</h1>
${content}
</div></main>
<footer>${footer}</footer>
</body>
</html>
`.markup;
}

import { directionOf, Html, type Language, markup } from "@kismet/service-kit";
import type { Piece } from "./define-mail.ts";

export type RenderedBlock =
  | { kind: "paragraph"; pieces: Piece[] }
  | { kind: "code"; code: string }
  | { kind: "button"; pieces: Piece[]; url: string }
  | { kind: "fact"; pieces: Piece[]; value: string };

/** Below each mail. */
const footers: Record<Language, string> = {
  en: "Kismet sent this mail by itself. Nobody reads answers to it.",
  de: "Kismet hat diese Mail automatisch verschickt. Antworten darauf liest niemand.",
  fr: "Cet e-mail a été envoyé automatiquement par Kismet. Personne ne lit les réponses.",
  ar: "أرسل تطبيق Kismet هذه الرسالة تلقائيًا، ولا أحد يقرأ الردود عليها.",
};

/** So that a name in one direction does not turn the sentence around it (Unicode UAX #9). */
const isolate = (text: string) => `\u2068${text}\u2069`;

export function renderText(language: Language, blocks: readonly RenderedBlock[]): string {
  const isRtl = directionOf(language) === "rtl";
  const plain = (pieces: readonly Piece[]) =>
    pieces.map(({ text, isValue }) => (isValue && isRtl ? isolate(text) : text)).join("");
  const paragraphs = blocks.map((block) => {
    switch (block.kind) {
      case "paragraph":
        return plain(block.pieces);
      case "code":
        return block.code;
      // Alone on its line, so that no reader takes the text around it for a part of the address.
      case "button":
        return `${plain(block.pieces)}:\n${block.url}`;
      case "fact":
        return `${plain(block.pieces)}: ${plain([{ text: block.value, isValue: true }])}`;
    }
  });
  return [...paragraphs, `-- \n${footers[language]}`].join("\n\n");
}

const type =
  "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5;color:#1d1a21;overflow-wrap:anywhere";
const table = new Html('role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"');
const sheet = new Html(`:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.paper{background:#151217!important}.card{background:#221d26!important}.ink{color:#f1edf4!important}
.faint{color:#bbb3c3!important}.code{background:#302936!important;color:#f1edf4!important}
.button{background:#f2a3c7!important;color:#2a0a1a!important}}`);

/**
 * Styles stand in the elements, since some readers take no style sheet; the sheet has only what can't stand there. No
 * picture, no address but the buttons': a mail does not tell when it was read.
 */
export function renderHtml(
  language: Language,
  subject: readonly Piece[],
  blocks: readonly RenderedBlock[],
): string {
  const direction = directionOf(language);
  const rows = blocks.map(
    (block) => markup`<tr><td style="padding:0 0 18px">${shownBlock(block)}</td></tr>
`,
  );
  return markup`<!doctype html>
<html lang="${language}" dir="${direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${subject.map(({ text }) => text).join("")}</title>
<style>${sheet}</style>
</head>
<body class="paper" style="margin:0;padding:0;background:#f5f2f6">
<table ${table} class="paper" style="background:#f5f2f6"><tr><td align="center" style="padding:24px 12px">
<table ${table} class="card" dir="${direction}" style="max-width:560px;background:#ffffff;border-radius:12px"><tr><td class="ink" style="padding:32px 28px 14px;${type}">
<table ${table}>
<tr><td style="padding:0 0 18px"><h1 class="ink" style="margin:0;font-size:22px;line-height:1.3;color:#1d1a21">${shownPieces(subject)}</h1></td></tr>
${rows}</table></td></tr></table>
<p class="faint" dir="${direction}" style="max-width:560px;margin:18px auto 0;${type};font-size:13px;color:#5c5663">${footers[language]}</p>
</td></tr></table>
</body>
</html>
`.markup;
}

function shownBlock(block: RenderedBlock): Html {
  switch (block.kind) {
    case "paragraph":
      return markup`<p class="ink" style="margin:0;color:#1d1a21">${shownPieces(block.pieces)}</p>`;
    case "code":
      return markup`<p class="code" dir="ltr" style="margin:0;padding:14px;background:#f0ebf2;border-radius:8px;text-align:center;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:28px;letter-spacing:4px;color:#1d1a21">${block.code}</p>`;
    case "button":
      return markup`<a class="button" href="${block.url}" style="display:inline-block;padding:13px 22px;border-radius:8px;background:#9b1c54;color:#ffffff;font-weight:600;text-decoration:none">${shownPieces(block.pieces)}</a>`;
    case "fact":
      return markup`<p class="ink" style="margin:0;color:#1d1a21"><strong>${shownPieces(block.pieces)}:</strong> <bdi>${block.value}</bdi></p>`;
  }
}

function shownPieces(pieces: readonly Piece[]): Html[] {
  return pieces.map(({ text, isValue }) => (isValue ? markup`<bdi>${text}</bdi>` : markup`${text}`));
}

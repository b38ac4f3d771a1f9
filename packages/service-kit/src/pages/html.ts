const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that is good as the content of an element and as a quoted attribute. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
}

/** Markup, as only `markup` makes it: what is put into a page is text, unless it comes from there. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

type Part = string | number | Html | readonly Html[] | undefined;

/**
 * A template of markup: each value in it is escaped, parts that are markup already stay as they are.
 * Not named `html`: the formatter would rewrite what is inside, white space included.
 */
export function markup(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(strings.reduce((sum, string, i) => sum + markupOf(parts[i - 1]) + string));
}

function markupOf(part: Part): string {
  if (part instanceof Html) return part.markup;
  if (Array.isArray(part)) return part.map(markupOf).join("");
  return part === undefined ? "" : escapeHtml(String(part));
}

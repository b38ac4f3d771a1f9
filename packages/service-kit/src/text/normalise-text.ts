/**
 * Control characters except tab and newline, and the characters that embed, override or isolate text direction: with
 * these one text can be shown as another (CVE-2021-42574). Single marks of direction stay: Arabic and Hebrew need them.
 */
const removed = /(?![\t\n])\p{Cc}|[\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** What shows nothing at all: nobody can tell such a text from none. */
const invisible = /^[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/**
 * What a person wrote, as it is stored: NFC, well formed, without control and direction characters, trimmed; empty if there is nothing to see. Markup is
 * text like any other, and is escaped where it is shown. Line breaks survive in a `multiline` text only.
 */
export function normaliseText(text: string, { multiline = false } = {}): string {
  const clean = text
    .toWellFormed()
    .replace(/\r\n?|[\u2028\u2029]/g, "\n")
    .replace(removed, "")
    .normalize("NFC");
  if (invisible.test(clean)) return "";
  return (multiline ? clean : clean.replace(/[\t\n]+/g, " ")).trim();
}

/** In code points, as `maxLength` of a schema counts: NFC can lengthen a text that was just short enough. */
export function lengthOf(text: string): number {
  return [...text].length;
}

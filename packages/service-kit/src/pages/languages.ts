/** In which mails and pages are written. The first is read where none fits. */
export const languages = ["en", "de", "fr", "ar"] as const;
export type Language = (typeof languages)[number];

/** Somebody who reads: in which language, and with the dates and numbers of which region. */
export type Reader = { language: Language; locale: string };

/** More of an `Accept-Language` header is not looked at. */
const maxRanges = 10;

/** Of a locale (BCP 47) as an account has it; what is none reads English. */
export function readerOf(locale: string): Reader {
  const language = matching(locale);
  return language
    ? { language, locale: new Intl.Locale(locale).toString() }
    : { language: languages[0], locale: languages[0] };
}

/** Of what a browser asks for (RFC 9110, 12.5.4), where nothing else says it. */
export function readerOfHeader(acceptLanguage: string | undefined): Reader {
  const asked = (acceptLanguage ?? "")
    .split(",", maxRanges)
    .map((range) => /^\s*([A-Za-z0-9-]{2,35})\s*(?:;\s*q=([01](?:\.\d{1,3})?))?\s*$/.exec(range))
    .flatMap((found) => (found?.[1] ? [{ locale: found[1], weight: Number(found[2] ?? 1) }] : []))
    .filter(({ locale, weight }) => weight > 0 && matching(locale))
    .sort((a, b) => b.weight - a.weight);
  return readerOf(asked[0]?.locale ?? languages[0]);
}

export function directionOf(language: Language): "ltr" | "rtl" {
  return language === "ar" ? "rtl" : "ltr";
}

/** Written in the same script: who asks for Arabic in Latin letters may not read the Arabic ones. */
function matching(locale: string): Language | undefined {
  const asked = likelyOf(locale);
  return languages.find((language) => {
    const known = likelyOf(language);
    return asked?.language === known?.language && asked?.script === known?.script;
  });
}

function likelyOf(locale: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(locale).maximize();
  } catch {
    return undefined;
  }
}

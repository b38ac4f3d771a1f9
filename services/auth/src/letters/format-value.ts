import { normaliseText } from "@kismet/service-kit";

/** How a value of a mail is written down, with what it is given as. */
type Kinds = {
  /** What somebody wrote or called themselves. */
  text: string;
  /** A line of a list that is left out if nothing is known. */
  "text or none": string | null;
  /** By its ISO 3166-1 code. */
  "country or none": string | null;
  /** Is typed in: the same digits in all languages. */
  code: string;
  link: string;
  /** In seconds. */
  duration: number;
  /** With its time of day, in UTC: nobody knows where the reader is. */
  moment: Date;
  day: Date;
};
export type ValueKind = keyof Kinds;
export type Value<K extends ValueKind> = Kinds[K];

/** What somebody else wrote may not fill a mail. */
const maxTextLength = 200;
const minuteSeconds = 60;
const hourSeconds = 60 * minuteSeconds;
const daySeconds = 24 * hourSeconds;

/** Undefined for a value of which there is none. */
export function formatValue(kind: ValueKind, value: unknown, locale: string): string | undefined {
  if (value === null) return undefined;
  switch (kind) {
    case "country or none":
      return new Intl.DisplayNames(locale, { type: "region" }).of(value as string);
    case "text":
    case "text or none":
      return [...normaliseText(value as string)].slice(0, maxTextLength).join("");
    case "code":
    case "link":
      return value as string;
    case "duration":
      return formatDuration(value as number, locale);
    case "moment":
      return `${dateFormat(locale, "short").format(value as Date)} UTC`;
    case "day":
      return dateFormat(locale).format(value as Date);
  }
}

/** Rounded up, in the largest unit that still says it well: 10 minutes, 48 hours, 14 days. */
function formatDuration(seconds: number, locale: string): string {
  const [unit, unitSeconds] =
    seconds >= 3 * daySeconds
      ? (["day", daySeconds] as const)
      : seconds >= 2 * hourSeconds
        ? (["hour", hourSeconds] as const)
        : (["minute", minuteSeconds] as const);
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(
    Math.ceil(seconds / unitSeconds),
  );
}

function dateFormat(locale: string, timeStyle?: "short"): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale, {
    dateStyle: "long",
    timeZone: "UTC",
    ...(timeStyle ? { timeStyle } : {}),
  });
}

import { ValidationFailed } from "@kismet/service-kit";

/** The name by which a time zone is kept; only those of the IANA database are known, not offsets such as `+01`. */
export function timeZoneOf(name: string): string {
  try {
    if (/^[A-Za-z]/.test(name)) {
      return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new ValidationFailed("There is no such time zone.", [
    { path: "body/timeZone", message: "must be the name of an IANA time zone" },
  ]);
}

/** Plenty for browsers and apps; what a service gets has some more, which the gateway adds. */
export const maxHeaders = 100;

/** The characters of a path (RFC 3986, 3.3); anything else has two readings: docs/adr/one-reading.md. */
const plainPath = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*$/;
const plainHost = /^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;
/** A segment that is no name, once read as a service might read it. */
const trickySegment = /^\.{1,2}$|[/\\\p{Cc}]/u;

/** Those of which one place takes the first, another the last, a third all of them. */
const single = [
  "host",
  "transfer-encoding",
  "authorization",
  "content-type",
  "origin",
  "sec-fetch-site",
  "x-request-id",
  "x-csrf-token",
  "x-deadline-ms",
  "traceparent",
];
/** Each a bit of what has been seen: a set for each request would cost more than the rest of this. */
const bits = new Map(single.map((name, i) => [name, 1 << i]));
const hostBit = bits.get("host") ?? 0;

/**
 * Why a request can't be passed on, or nothing: what the gateway reads must be what the service reads, so whatever has
 * more than one reading is refused rather than put right.
 */
export function decideForm(
  version: string,
  target: string,
  rawHeaders: readonly string[],
): string | undefined {
  if (version !== "1.1" && version !== "1.0") return "This version of HTTP is not spoken here.";
  return decidePath(target) ?? decideHeaders(version, rawHeaders);
}

function decidePath(target: string): string | undefined {
  const [path = ""] = target.split("?", 1);
  if (!plainPath.test(path)) return "The address has characters that no address has.";
  if (!path.includes("%") && !path.includes("/.")) return undefined;
  for (const segment of path.split("/")) {
    const read = decoded(segment);
    if (read === undefined || trickySegment.test(read)) return "The address can be read in two ways.";
  }
  return undefined;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function decideHeaders(version: string, rawHeaders: readonly string[]): string | undefined {
  let seen = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? "").toLowerCase();
    // The one coding that everybody undoes alike, and only where it exists (RFC 9112, 6.1).
    if (name === "transfer-encoding" && (version !== "1.1" || !/^chunked$/i.test(rawHeaders[i + 1] ?? "")))
      return "The body comes in a coding that is not understood.";
    const bit = bits.get(name);
    if (bit === undefined) continue;
    if (seen & bit) return `The header ${name} may come once.`;
    seen |= bit;
    if (name === "host" && !plainHost.test(rawHeaders[i + 1] ?? "")) return "The host is none.";
  }
  return version === "1.1" && (seen & hostBit) === 0 ? "The host is missing." : undefined;
}

/** In order of preference among those that a client likes as much: smallest for the time that they take. */
export const encodings = ["zstd", "br", "gzip"] as const;
export type Encoding = (typeof encodings)[number];

/** Longer ones are nobody's: what is past it is not read. */
const maxLength = 300;

/** What an answer may be encoded in, by `Accept-Encoding` (RFC 9110, 12.5.3); undefined for as it is. */
export function decideEncoding(header: string | undefined): Encoding | undefined {
  if (header === undefined || header === "") return undefined;
  const weights = new Map<string, number>();
  for (const part of header.slice(0, maxLength).toLowerCase().split(",")) {
    const [coding = "", ...parameters] = part.split(";").map((text) => text.trim());
    const q = parameters.find((parameter) => parameter.startsWith("q="));
    const weight = q === undefined ? 1 : Number(q.slice(2));
    const name = coding === "x-gzip" ? "gzip" : coding;
    if (name !== "" && weight >= 0 && weight <= 1) weights.set(name, weight);
  }
  const weightOf = (name: string) => weights.get(name) ?? weights.get("*") ?? 0;
  // As it is is always good, if it is not said to be less good.
  const asItIs = weights.get("identity") ?? 0;
  let best: Encoding | undefined;
  for (const name of encodings) {
    const weight = weightOf(name);
    if (weight > 0 && weight >= asItIs && weight > (best ? weightOf(best) : 0)) best = name;
  }
  return best;
}

/** Whether the client has the answer already, by `If-None-Match`: a weak comparison, as encodings share a tag. */
export function isKnown(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === "*") return true;
  const opaque = tag.replace(/^W\//, "");
  return header.split(",").some((each) => each.trim().replace(/^W\//, "") === opaque);
}

const headerFields = ["alg", "kid", "typ"];

/**
 * Whether a token whose signature is good is written the one way in which auth writes tokens: a header of `alg`, `typ`
 * and `kid` and nothing that asks for special treatment (RFC 8725, 3.10), no claim twice, no second spelling of the same
 * bytes. A parser that reads it differently somewhere else then has nothing to differ about.
 */
export function isCanonical(token: string): boolean {
  const [header = "", claims = "", signature = "", ...rest] = token.split(".");
  if (rest.length > 0 || bytesOf(signature) === undefined) return false;
  const headerText = bytesOf(header)?.toString("utf8");
  const claimsText = bytesOf(claims)?.toString("utf8");
  if (headerText === undefined || claimsText === undefined) return false;
  const parsed = JSON.parse(headerText) as { typ?: unknown };
  return (
    parsed.typ === "at+jwt" &&
    Object.keys(parsed).sort().join() === headerFields.join() &&
    JSON.stringify(parsed) === headerText &&
    JSON.stringify(JSON.parse(claimsText)) === claimsText
  );
}

/** Undefined if other characters would mean the same bytes. */
function bytesOf(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, "base64url");
  return bytes.toString("base64url") === part ? bytes : undefined;
}

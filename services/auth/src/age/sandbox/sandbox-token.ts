import { createHmac } from "node:crypto";
import { Value } from "typebox/value";
import { isEqual } from "../../secrets/digests.ts";
import { ProviderRequest } from "../age-provider.ts";

/**
 * The sandbox keeps no books: what it was asked is in the address of its page, signed, so that any instance can go on with
 * it and nobody can make one up.
 */
export function sandboxToken(secret: string, request: ProviderRequest): string {
  const text = Buffer.from(JSON.stringify(request)).toString("base64url");
  return `${text}.${macOf(secret, text)}`;
}

export function readSandboxToken(secret: string, token: string): ProviderRequest | undefined {
  const [text = "", mac = ""] = token.split(".");
  if (!isEqual(mac, macOf(secret, text))) return undefined;
  return Value.Parse(ProviderRequest, JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
}

/** The provider's own name for a check. */
export function sandboxRef(secret: string, reference: string): string {
  return `sbx_${createHmac("sha256", secret).update(`reference ${reference}`).digest("base64url").slice(0, 24)}`;
}

function macOf(secret: string, text: string): string {
  return createHmac("sha256", secret).update(`token ${text}`).digest("base64url");
}

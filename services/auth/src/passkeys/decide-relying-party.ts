/** For whom passkeys are made: the domain that browsers bind them to, and the pages and apps that may use them. */
export type RelyingParty = { id: string; origins: string[] };

type Facts = { rpId: string; origins: readonly string[]; production: boolean };

const domain = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
/** An Android app is known by the hash of the certificate that it is signed with. */
const androidApp = /^android:apk-key-hash:[A-Za-z0-9_-]{43}$/;

/** What is wrong with a relying party's id; nothing, if nothing is. */
export function faultOfRpId({ rpId, production }: Pick<Facts, "rpId" | "production">): string | undefined {
  if (!domain.test(rpId) || /^[\d.]+$/.test(rpId)) return "must be a domain, in lower case, without port";
  if (production && (rpId === "localhost" || !rpId.includes("."))) return "is no domain for production";
  return undefined;
}

/**
 * The first origin that no browser would let use passkeys of this id, and why. Found at the start: later it would be a
 * sign-in that never works, or works for a page that it was not meant for.
 */
export function faultOfOrigins({ rpId, origins, production }: Facts): string | undefined {
  for (const origin of origins) {
    if (androidApp.test(origin)) continue;
    const url = URL.parse(origin);
    if (!url || url.origin !== origin) return `has ${origin}, which is no origin`;
    const isLocal = url.hostname === "localhost" || url.hostname.endsWith(".localhost");
    if (url.protocol !== "https:" && (production || !isLocal || url.protocol !== "http:"))
      return `has ${origin}, which is not https`;
    if (url.hostname !== rpId && !url.hostname.endsWith(`.${rpId}`))
      return `has ${origin}, which does not belong to ${rpId}`;
  }
  return undefined;
}

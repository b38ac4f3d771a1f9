/** What the gateway knows of where a request comes from. */
export type Provenance = {
  production: boolean;
  origin: string | undefined;
  /** `Sec-Fetch-Site`, which a browser sets and its scripts can't. */
  fetchSite: string | undefined;
  /** By its method it changes nothing. */
  safe: boolean;
  hasCookie: boolean;
  hasBearer: boolean;
  hasClientKey: boolean;
  websocket: boolean;
  hasTicket: boolean;
  /** Called by servers, which prove themselves by a signature over the body. */
  webhook: boolean;
  /** Where other sites send browsers on purpose; no cookie gets there. */
  crossSite: boolean;
  /** A page for people is opened, or its form sent. */
  page: "opened" | "sent" | undefined;
  /** Of a page: whether the origin is the very host that was asked. */
  ownOrigin: boolean;
};

/**
 * Why a request is refused for where it comes from, or nothing. A browser that somebody else's page drives is told by
 * its `Origin`, or by `Sec-Fetch-Site` beside a cookie; without an `Origin`, production asks for something that such a
 * page can't have.
 */
export function decideOrigin(from: Provenance, listed: ReadonlySet<string>): string | undefined {
  if (from.crossSite) return undefined;
  if (from.page) return decidePage(from);
  if (from.fetchSite === "cross-site" && from.hasCookie) {
    return "Requests from other sites may not carry cookies.";
  }
  if (from.origin !== undefined) {
    if (listed.has(from.origin)) return undefined;
    // The pages that the gateway itself serves. Only browsers say so, and only of themselves.
    if (from.fetchSite === "same-origin" && !from.websocket) return undefined;
    return "This origin may not use the interface.";
  }
  if (!from.production || from.webhook) return undefined;
  // A page of the very host that is asked sends no origin with what only reads. Siblings, which are `same-site`, always send
  // one, and so does whatever changes something; a browser too old to say anything is asked for a proof.
  if (from.safe && from.fetchSite === "same-origin" && !from.websocket) return undefined;
  const proven = from.hasBearer || from.hasClientKey || (from.websocket && from.hasTicket);
  return proven ? undefined : "Without an origin, a token or the key of a registered client is needed.";
}

/**
 * Pages are reached by links from anywhere, and opening one does nothing. Their forms prove themselves by the token in
 * them, which no other site has; what a browser says of their origin is held against them all the same. Under the policy
 * to tell nobody where one comes from, that origin is `null`.
 */
function decidePage({ page, fetchSite, origin, ownOrigin }: Provenance): string | undefined {
  if (page === "opened") return undefined;
  const isOwn =
    fetchSite === undefined
      ? origin === undefined || origin === "null" || ownOrigin
      : fetchSite === "same-origin";
  return isOwn ? undefined : "A form is sent by its own page only.";
}

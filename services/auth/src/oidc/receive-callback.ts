import type { OidcCallback, OidcProvider } from "@kismet/contracts";
import { findFlow, nameFlow } from "./flows-repository.ts";
import { type OidcDeps, providerOf, stateHashOf } from "./oidc-deps.ts";
import { givenNameOf } from "./provider-client.ts";

/**
 * Where a provider sends the browser: hands what it brings on to where the flow was begun, in the fragment, which no
 * server, log or `Referer` sees. Nothing is redeemed here: whoever holds the verifier does that.
 */
export async function receiveCallback(
  deps: OidcDeps,
  provider: OidcProvider,
  { state = "", code, iss, error, user }: OidcCallback,
): Promise<string> {
  const { database, digests, clock, returnUrls } = deps;
  providerOf(deps, provider);
  const stateHash = stateHashOf(digests, state);
  const flow = await findFlow(database, stateHash, clock.now());
  const isKnown = flow?.provider === provider;
  const givenName = isKnown && user !== undefined ? nameIn(user) : null;
  if (givenName !== null) await nameFlow(database, stateHash, givenName);
  const fragment = new URLSearchParams({
    provider,
    ...(isKnown ? { state } : {}),
    ...(isKnown && code !== undefined && error === undefined ? { code } : {}),
    ...(isKnown && iss !== undefined ? { iss } : {}),
    ...(isKnown ? (error === undefined ? {} : { error }) : { error: "flow_over" }),
  });
  return `${(isKnown ? flow.returnTo : returnUrls[0]) ?? deps.publicUrl}#${fragment}`;
}

/** Apple tells a name once, beside what it vouches for: `{"name":{"firstName":"Ada",...}}`. Anybody could say it. */
function nameIn(user: string): string | null {
  try {
    const { name } = JSON.parse(user) as { name?: { firstName?: unknown } };
    return typeof name?.firstName === "string" ? givenNameOf(name.firstName) : null;
  } catch {
    return null;
  }
}

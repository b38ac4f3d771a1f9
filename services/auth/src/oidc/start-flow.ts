import { randomBytes } from "node:crypto";
import type { Member, OidcProvider, OidcStart } from "@kismet/contracts";
import { ValidationFailed } from "@kismet/service-kit";
import { insertFlow } from "./flows-repository.ts";
import {
  bindingsOf,
  flowSeconds,
  type OidcDeps,
  providerOf,
  stateHashOf,
  verifierHashOf,
} from "./oidc-deps.ts";

/**
 * Sends somebody to a provider. The state comes back through the browser, the verifier stays with whoever asked: only
 * the two together finish, so that nobody is signed in by a link that somebody else has prepared (login CSRF), nor a
 * link that was opened elsewhere.
 */
export async function startFlow(
  deps: OidcDeps,
  asked: { provider: OidcProvider; returnTo?: string | undefined; member?: Member },
): Promise<OidcStart> {
  const { database, digests, clock, returnUrls } = deps;
  const { provider, returnTo = returnUrls[0], member } = asked;
  const client = providerOf(deps, provider);
  if (returnTo === undefined || !returnUrls.includes(returnTo)) {
    throw new ValidationFailed("The address to return to is not one of those that are listed.", [
      { path: "body/returnTo", message: "is not listed" },
    ]);
  }
  const [state, verifier] = [secret(), secret()];
  const authorizationUrl = await client.authorizationUrl(bindingsOf(deps, provider, state));
  await insertFlow(database, {
    stateHash: stateHashOf(digests, state),
    provider,
    verifierHash: verifierHashOf(digests, verifier),
    memberId: member?.memberId ?? null,
    sessionId: member?.sessionId ?? null,
    returnTo,
    givenName: null,
    expiresAt: new Date(clock.now().getTime() + flowSeconds * 1_000),
  });
  return { authorizationUrl, state, verifier, expiresInSeconds: flowSeconds };
}

function secret(): string {
  return randomBytes(32).toString("base64url");
}

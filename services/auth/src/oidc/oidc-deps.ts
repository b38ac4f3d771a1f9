import type { OidcProvider } from "@kismet/contracts";
import type { Digests } from "../secrets/digests.ts";
import type { SignInDeps } from "../signin/sign-in-deps.ts";
import { ProviderNotConfigured } from "./oidc-errors.ts";
import type { Bindings, ProviderClient, ProviderClients } from "./provider-client.ts";

/** What it takes to sign in with a provider. */
export type OidcDeps = SignInDeps & {
  providers: ProviderClients;
  /** Of the gateway. */
  publicUrl: string;
  /** Where a browser may be sent in the end; the first unless another one is asked for. */
  returnUrls: readonly string[];
  minimumAge: number;
  /** So long an old address can undo a change, and is kept for that. */
  undoHours: number;
};

/** How long somebody may be away at a provider (RFC 9700, 4.7.1: short-lived). */
export const flowSeconds = 600;
/** How long somebody may take to say when they were born, and to find a code in their mail. */
export const ticketSeconds = 1_800;

export function providerOf({ providers }: OidcDeps, name: OidcProvider): ProviderClient {
  const provider = providers.get(name);
  if (!provider) throw new ProviderNotConfigured();
  return provider;
}

/**
 * What goes out with a state and must come back to it. Derived, so that a row of the table is worth nothing: whoever has
 * it has neither the nonce nor the PKCE verifier. Each provider comes back to an address of its own, which a code of
 * another one's does not reach (RFC 9700, 4.4.2).
 */
export function bindingsOf(
  { digests, publicUrl }: Pick<OidcDeps, "digests" | "publicUrl">,
  provider: OidcProvider,
  state: string,
): Bindings {
  return {
    redirectUri: `${publicUrl}/v1/auth/oidc/${provider}/callback`,
    state,
    nonce: digests.of("oidc nonce", provider, state),
    codeVerifier: digests.of("oidc pkce", provider, state),
  };
}

export const stateHashOf = (digests: Digests, state: string) => digests.of("oidc state", state);
export const verifierHashOf = (digests: Digests, verifier: string) => digests.of("oidc verifier", verifier);
export const ticketHashOf = (digests: Digests, token: string) => digests.of("oidc ticket", token);
export const ticketCodeHashOf = (digests: Digests, tokenHash: string, code: string) =>
  digests.of("oidc code", tokenHash, code);

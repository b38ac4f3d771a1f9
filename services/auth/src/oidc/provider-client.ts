import type { OidcProvider } from "@kismet/contracts";
import { normaliseText, type Parts } from "@kismet/service-kit";
import * as oidc from "openid-client";
import { normaliseEmail } from "../accounts/normalise-email.ts";
import { ProviderRefused } from "./oidc-errors.ts";
import { asProviderError, createProviderHttp } from "./provider-http.ts";
import type { ProviderSettings } from "./provider-settings.ts";

/** What must come back, and what it was bound to when it went out. */
export type Bindings = { redirectUri: string; state: string; nonce: string; codeVerifier: string };

/** Whom the provider vouches for. */
export type Vouched = {
  subject: string;
  /** As `normaliseEmail` gives it. */
  email: string | null;
  emailVerified: boolean;
  givenName: string | null;
};

export type ProviderClient = Pick<ProviderSettings, "name" | "title"> & {
  authorizationUrl(bindings: Bindings): Promise<string>;
  /** Trades the code for the provider's word. */
  redeem(bindings: Bindings, came: { code: string; iss?: string | undefined }): Promise<Vouched>;
};

/** How long a provider's metadata is believed without looking. */
const metadataMs = 3_600_000;
/** Of keys by the library: a key that it does not have is fetched if those it has are this old. */
const refetchSeconds = 60;
const keysLiveSeconds = 300;
const maxSubjectLength = 255;
const maxEmailLength = 254;

export function createProviderClient(parts: Parts, settings: ProviderSettings): ProviderClient {
  const { name, title, issuer, clientId, clientSecret, scope, responseMode } = settings;
  const http = createProviderHttp(parts, settings);
  const authentication: oidc.ClientAuth = (_as, client, body) => {
    body.set("client_id", client.client_id);
    body.set("client_secret", clientSecret());
  };
  let known: { metadata: Promise<oidc.ServerMetadata>; atMs: number } | undefined;
  let keys: oidc.ExportedJWKSCache | undefined;

  /** Once for all who ask at the same time; a failure is not kept. */
  async function metadataOf(): Promise<oidc.ServerMetadata> {
    if (known && performance.now() - known.atMs < metadataMs) return known.metadata;
    const asked = { metadata: discover(), atMs: performance.now() };
    known = asked;
    asked.metadata.catch(() => {
      if (known === asked) known = undefined;
    });
    return asked.metadata;
  }

  async function discover(): Promise<oidc.ServerMetadata> {
    const found = await oidc.discovery(issuer, clientId, undefined, authentication, {
      [oidc.customFetch]: http,
      ...(issuer.protocol === "http:" ? { execute: [oidc.allowInsecureRequests] } : {}),
    });
    return { ...found.serverMetadata() };
  }

  /** A new one each time, so that no request's keys or clock are another's. */
  async function configuration(): Promise<oidc.Configuration> {
    const config = new oidc.Configuration(await metadataOf(), clientId, undefined, authentication);
    config[oidc.customFetch] = http;
    if (issuer.protocol === "http:") oidc.allowInsecureRequests(config);
    // The signature is checked although the token comes straight from the provider.
    oidc.enableNonRepudiationChecks(config);
    if (keys) oidc.setJwksCache(config, agedKeys(keys));
    return config;
  }

  async function redeem(
    { redirectUri, state, nonce, codeVerifier }: Bindings,
    { code, iss }: { code: string; iss?: string | undefined },
  ): Promise<Vouched> {
    const config = await configuration();
    const callback = new URL(redirectUri);
    callback.search = new URLSearchParams({ code, state, ...(iss === undefined ? {} : { iss }) }).toString();
    const tokens = await oidc.authorizationCodeGrant(config, callback, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: codeVerifier,
      idTokenExpected: true,
    });
    keys = oidc.getJwksCache(config) ?? keys;
    return vouchedBy(tokens.claims());
  }

  return {
    name,
    title,
    async authorizationUrl({ redirectUri, state, nonce, codeVerifier }) {
      const config = await configuration().catch((error: unknown) => {
        throw asProviderError(error);
      });
      return oidc.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        response_mode: responseMode,
        scope,
        state,
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: "S256",
      }).href;
    },
    redeem: (bindings, came) =>
      redeem(bindings, came).catch((error: unknown) => {
        const told = asProviderError(error);
        // By its name alone: what a provider says of somebody stays out of logs.
        const { code, message } = error as { code?: string; message?: string };
        parts.logger.warn(
          { provider: name, reason: code ?? message, code: told.code },
          "a provider's word was refused",
        );
        throw told;
      }),
  };
}

/**
 * The library asks for a key that it does not know only if those it has are a minute old, and a provider that has just
 * changed its keys would be refused until then. What it signs comes from the provider itself, so nobody else can have us
 * ask in vain.
 */
function agedKeys({ jwks, uat }: oidc.ExportedJWKSCache): oidc.ExportedJWKSCache {
  const now = Math.floor(Date.now() / 1_000);
  return { jwks, uat: now - uat >= keysLiveSeconds ? uat : Math.min(uat, now - refetchSeconds) };
}

function vouchedBy(claims: oidc.IDToken | undefined): Vouched {
  if (!claims?.sub || claims.sub.length > maxSubjectLength) throw new ProviderRefused();
  const { sub, email, email_verified: verified, given_name: given } = claims;
  const address = typeof email === "string" && email.length <= maxEmailLength ? normaliseEmail(email) : null;
  return {
    subject: sub,
    email: address,
    // Apple says it as text.
    emailVerified: address !== null && (verified === true || verified === "true"),
    givenName: typeof given === "string" ? givenNameOf(given) : null,
  };
}

/** A suggestion for the profile, no more. */
export function givenNameOf(text: string): string | null {
  return normaliseText(text).slice(0, 64) || null;
}

export type ProviderClients = ReadonlyMap<OidcProvider, ProviderClient>;

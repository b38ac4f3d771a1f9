import { createPublicKey } from "node:crypto";
import fastifyJwt from "@fastify/jwt";
import {
  AccountStatus,
  type Jwk,
  type Member,
  Role,
  strict,
  tokenAudience,
  tokenIssuer,
  Uuid,
} from "@kismet/contracts";
import Fastify, { type FastifyInstance } from "fastify";
import { type Static, Type } from "typebox";
import { Compile } from "typebox/compile";
import { Unauthenticated, Unavailable } from "../errors/kit-errors.ts";
import { PublicError } from "../errors/public-error.ts";
import type { Parts } from "../lifecycle/parts.ts";
import { isCanonical } from "./canonical-token.ts";
import type { Revocations } from "./revocations.ts";

export type TokenVerifier = {
  /** The member that a token speaks for. Throws UNAUTHENTICATED, or UNAVAILABLE while no keys can be had. */
  verify(token: string): Promise<Member>;
  revocations: Revocations;
};

const maxTokenLength = 4_096;
const cachedTokens = 10_000;
/** A key that is withdrawn stops counting after this long. */
const cachedForMs = 60_000;
const keysFreshForMs = 300_000;
/**
 * Keys that could not be fetched anew for so long are believed no more: one of them may have been withdrawn. Long enough
 * for NATS to be mended while auth goes on signing with them (docs/adr/what-fails-open.md).
 */
export const keysUsableForMs = 24 * 3_600_000;
/** Made-up key ids must not make us ask for keys at the caller's rate. */
const refreshCooldownMs = 5_000;

/** A token from the future would outlive every revocation until then. */
const clocksDifferMs = 60_000;

const Claims = strict({
  iss: Type.Literal(tokenIssuer),
  aud: Type.Literal(tokenAudience),
  sub: Uuid,
  sid: Uuid,
  st: AccountStatus,
  roles: Type.Array(Role, { maxItems: 3 }),
  iat: Type.Integer({ minimum: 0 }),
  exp: Type.Integer({ minimum: 0 }),
  jti: Type.String({ minLength: 1, maxLength: 64 }),
});
const claims = Compile(Claims);
type Payload = Static<typeof Claims>;

export function createTokenVerifier(
  parts: Parts,
  { keys, revocations }: { keys: () => Promise<Jwk[]>; revocations: Revocations },
): TokenVerifier {
  const keyring = createKeyring(parts, keys);
  const known = new KnownTokens();
  let host: Promise<FastifyInstance> | undefined;

  async function verified(token: string): Promise<unknown> {
    try {
      return await (await (host ??= jwtHost(keyring))).jwt.verify(token);
    } catch (error) {
      // Signatures, claims and times are the caller's affair; that there are no keys is ours.
      const cause = (error as { originalError?: unknown }).originalError;
      throw cause instanceof PublicError ? cause : new Unauthenticated();
    }
  }

  return {
    revocations,
    async verify(token) {
      if (token.length > maxTokenLength) throw new Unauthenticated();
      let payload = known.get(token);
      if (!payload) {
        const verifiedPayload = await verified(token);
        if (!claims.Check(verifiedPayload) || !isCanonical(token)) throw new Unauthenticated();
        payload = verifiedPayload;
        known.add(token, payload);
      }
      if (revocations.hasRevokedKeys() && revocations.isKeyRevoked(kidOf(token))) throw new Unauthenticated();
      if (payload.iat * 1_000 > parts.clock.now().getTime() + clocksDifferMs) throw new Unauthenticated();
      const member = {
        memberId: payload.sub,
        sessionId: payload.sid,
        status: payload.st,
        roles: payload.roles,
      };
      return revocations.apply(member, new Date(payload.iat * 1_000));
    },
  };
}

/**
 * Claims by the whole of the token that was verified. @fastify/jwt can keep them too, by a hash of the token, which costs
 * as much as the rest of a cached verification.
 */
class KnownTokens {
  readonly #known = new Map<string, { payload: Payload; until: number }>();

  get(token: string): Payload | undefined {
    const found = this.#known.get(token);
    if (!found) return undefined;
    if (Date.now() < found.until) return found.payload;
    this.#known.delete(token);
    return undefined;
  }

  add(token: string, payload: Payload): void {
    if (this.#known.size >= cachedTokens) {
      const oldest = this.#known.keys().next().value;
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.set(token, { payload, until: Math.min(Date.now() + cachedForMs, payload.exp * 1_000) });
  }
}

/**
 * @fastify/jwt wants an app to live in. It has one of its own here, so that HTTP, sockets and whatever else brings a
 * token share one verifier and one cache of verified tokens.
 */
async function jwtHost(keyOf: (kid: unknown) => Promise<string>): Promise<FastifyInstance> {
  const host = Fastify();
  await host.register(fastifyJwt, {
    secret: {
      public: (({ header }: { header: { kid?: unknown } }) => keyOf(header.kid)) as never,
      private: "",
    },
    verify: {
      algorithms: ["EdDSA"],
      checkTyp: "at+jwt",
      allowedIss: tokenIssuer,
      allowedAud: tokenAudience,
      requiredClaims: ["iss", "aud", "sub", "sid", "st", "roles", "iat", "exp", "jti"],
    },
  });
  await host.ready();
  return host;
}

/** Public keys as PEM by key id, refreshed when they are old or one is asked for that is not there. */
function createKeyring(parts: Parts, fetchKeys: () => Promise<Jwk[]>): (kid: unknown) => Promise<string> {
  let pems = new Map<string, string>();
  const clockMs = () => parts.clock.now().getTime();
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let fetching: Promise<void> | undefined;

  async function refresh(): Promise<void> {
    triedAt = clockMs();
    try {
      pems = new Map((await fetchKeys()).map((jwk) => [jwk.kid, pemOf(jwk)]));
      fetchedAt = clockMs();
    } catch (error) {
      parts.logger.warn({ err: error }, "could not fetch the keys of access tokens");
    }
  }

  return async (kid) => {
    if (typeof kid !== "string" || kid === "") throw new Unauthenticated();
    const now = clockMs();
    // Either way: a clock that was set back must not keep us from asking.
    const sinceTryMs = Math.abs(now - triedAt);
    const mayRefresh = sinceTryMs > refreshCooldownMs || (pems.size === 0 && sinceTryMs > 250);
    const isTooOld = now - fetchedAt > keysUsableForMs;
    const isNeeded = isTooOld || !pems.has(kid);
    if (fetching || ((isNeeded || now - fetchedAt > keysFreshForMs) && mayRefresh)) {
      fetching ??= refresh().finally(() => (fetching = undefined));
      // An old key still verifies while newer ones are fetched.
      if (isNeeded) await fetching;
    }
    const pem = pems.get(kid);
    if (pems.size === 0 || clockMs() - fetchedAt > keysUsableForMs) throw new Unavailable();
    if (pem) return pem;
    throw new Unauthenticated();
  };
}

/** Of a token that is verified. */
function kidOf(token: string): string {
  const header = Buffer.from(token.slice(0, token.indexOf(".")), "base64url").toString("utf8");
  return (JSON.parse(header) as { kid: string }).kid;
}

function pemOf(jwk: Jwk): string {
  return createPublicKey({ key: { ...jwk }, format: "jwk" })
    .export({ type: "spki", format: "pem" })
    .toString();
}

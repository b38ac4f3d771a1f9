import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUIDv7,
  sign,
} from "node:crypto";
import {
  accessTokenSeconds,
  type AccountStatus,
  type Jwk,
  type Member,
  tokenAudience,
  tokenIssuer,
} from "@kismet/contracts";

/** Signs access tokens as auth does, for tests of one service in which auth does not run. */
export class TestSigner {
  readonly #privateKey: KeyObject;
  readonly jwk: Jwk;

  constructor(pem?: string) {
    this.#privateKey = pem ? createPrivateKey(pem) : generateKeyPairSync("ed25519").privateKey;
    const { x } = createPublicKey(this.#privateKey).export({ format: "jwk" });
    if (!x) throw new Error("an Ed25519 key exports its x");
    this.jwk = { kty: "OKP", crv: "Ed25519", kid: "test-key", use: "sig", alg: "EdDSA", x };
  }

  token(member: Partial<Member> = {}, claims: Record<string, unknown> = {}): string {
    const now = Math.floor(Date.now() / 1000);
    return this.signed(
      { alg: "EdDSA", kid: this.jwk.kid, typ: "at+jwt" },
      {
        iss: tokenIssuer,
        aud: tokenAudience,
        sub: member.memberId ?? newId(),
        sid: member.sessionId ?? newId(),
        st: member.status ?? ("active" satisfies AccountStatus),
        roles: member.roles ?? [],
        iat: now,
        exp: now + accessTokenSeconds,
        jti: newId(),
        ...claims,
      },
    );
  }

  /** Any header over any claims: for tokens that must be refused. */
  signed(header: Record<string, unknown>, claims: Record<string, unknown>): string {
    const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString("base64url");
    const input = `${encode(header)}.${encode(claims)}`;
    return `${input}.${sign(null, Buffer.from(input), this.#privateKey).toString("base64url")}`;
  }
}

export function newId(): string {
  return randomUUIDv7();
}

import { createPrivateKey, sign } from "node:crypto";

const livesSeconds = 300;

/**
 * Apple takes no secret but a token that says who we are, signed with a key that it has the public half of
 * (developer.apple.com, "Creating a client secret"): a new one each time, for five minutes.
 */
export function appleSecret(of: {
  teamId: string;
  keyId: string;
  privateKey: string;
  clientId: string;
  audience: string;
}): () => string {
  const key = createPrivateKey(of.privateKey);
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  return () => {
    // The provider's clock is the real one.
    const iat = Math.floor(Date.now() / 1_000);
    const claims = { iss: of.teamId, sub: of.clientId, aud: of.audience, iat, exp: iat + livesSeconds };
    const signed = `${encode({ alg: "ES256", kid: of.keyId, typ: "JWT" })}.${encode(claims)}`;
    const signature = sign("sha256", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" });
    return `${signed}.${signature.toString("base64url")}`;
  };
}

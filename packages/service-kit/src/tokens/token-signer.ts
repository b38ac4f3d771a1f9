import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import fastifyJwt from "@fastify/jwt";
import Fastify, { type FastifyInstance } from "fastify";

/** Signs access tokens (RFC 9068) with one key, whose id they carry. */
export type TokenSigner = { kid: string; sign(claims: Record<string, unknown>): Promise<string> };

/** `privateKey` is an Ed25519 key as PKCS #8 PEM. Times are the caller's to claim. */
export function createTokenSigner(kid: string, privateKey: string): TokenSigner {
  let host: Promise<FastifyInstance> | undefined;
  return {
    kid,
    async sign(claims) {
      return (await (host ??= jwtHost(kid, createPrivateKey(privateKey)))).jwt.sign(claims);
    },
  };
}

async function jwtHost(kid: string, key: KeyObject): Promise<FastifyInstance> {
  const host = Fastify();
  const pem = key.export({ type: "pkcs8", format: "pem" }).toString();
  await host.register(fastifyJwt, {
    secret: {
      private: pem,
      public: createPublicKey(key).export({ type: "spki", format: "pem" }).toString(),
    },
    sign: { algorithm: "EdDSA", kid, header: { alg: "EdDSA", typ: "at+jwt" } },
  });
  await host.ready();
  return host;
}

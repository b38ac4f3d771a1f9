import { generateKeyPairSync, randomUUIDv7 } from "node:crypto";
import { accessTokenSeconds, type Jwk } from "@kismet/contracts";
import { lockKeys, recordAudit } from "@kismet/database";
import { type Clock, createTokenSigner, type TokenSigner } from "@kismet/service-kit";
import type { Sealing } from "../secrets/sealing.ts";
import type { AuthDatabase } from "../storage.ts";
import { deleteKeysBefore, insertKey, listKeys, type StoredKey } from "./signing-keys-repository.ts";

export type Keyring = {
  sign(claims: Record<string, unknown>): Promise<string>;
  /** The public keys of all tokens that may still be in use, and of those to come. */
  published(): Promise<Jwk[]>;
  /** Makes a key if there is none or the newest is old, and forgets those that no token needs. */
  rotate(): Promise<void>;
};

const dayMs = 86_400_000;
/** So long a key is published before it signs: whoever verifies has it by then. */
const publishedFirstMs = 600_000;
/** Instances need not ask for the keys each time. */
const cachedForMs = 5_000;
const rotationLock = "auth/signing-keys";

type Deps = { database: AuthDatabase; clock: Clock; sealing: Sealing; signingKeyDays: number };

export function createKeyring({ database, clock, sealing, signingKeyDays }: Deps): Keyring {
  const signers = new Map<string, TokenSigner>();
  let cached: { keys: StoredKey[]; atMs: number } | undefined;

  async function keys(): Promise<StoredKey[]> {
    if (cached && performance.now() - cached.atMs < cachedForMs) return cached.keys;
    let found = await listKeys(database.read);
    if (found.length === 0) {
      await rotate();
      found = await listKeys(database.read);
    }
    cached = { keys: found, atMs: performance.now() };
    return found;
  }

  async function rotate(): Promise<void> {
    await database.transaction(async (tx) => {
      await lockKeys(tx, rotationLock);
      const now = clock.now().getTime();
      const [newest] = await listKeys(tx);
      if (!newest || now - newest.createdAt.getTime() > signingKeyDays * dayMs) {
        const key = newKey(sealing, new Date(now));
        await insertKey(tx, key);
        await recordAudit(tx, {
          action: "auth.key.rotate",
          actor: { kind: "system" },
          details: { kid: key.kid },
        });
      }
      // By then its successor has signed for long enough that the last of its own tokens has expired.
      const keptMs = signingKeyDays * dayMs * 2 + publishedFirstMs + accessTokenSeconds * 1_000;
      await deleteKeysBefore(tx, new Date(now - keptMs));
    });
    cached = undefined;
  }

  return {
    rotate,
    async sign(claims) {
      const key = decideSigningKey(await keys(), clock.now());
      let signer = signers.get(key.kid);
      if (!signer) {
        signer = createTokenSigner(key.kid, sealing.open(key.sealedPrivateKey));
        signers.set(key.kid, signer);
      }
      return signer.sign(claims);
    },
    async published() {
      return (await keys()).map(({ kid, x }) => ({
        kty: "OKP",
        crv: "Ed25519",
        kid,
        use: "sig",
        alg: "EdDSA",
        x,
      }));
    },
  };
}

/** The newest that has been published for a while; with only younger ones, the oldest of these. */
export function decideSigningKey<K extends { createdAt: Date }>(newestFirst: readonly K[], now: Date): K {
  const known = newestFirst.find(({ createdAt }) => now.getTime() - createdAt.getTime() >= publishedFirstMs);
  const key = known ?? newestFirst.at(-1);
  if (!key) throw new Error("there is always a signing key");
  return key;
}

function newKey(sealing: Sealing, createdAt: Date): StoredKey {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const { x } = publicKey.export({ format: "jwk" });
  if (x === undefined) throw new Error("an Ed25519 key exports its x");
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { kid: randomUUIDv7(), sealedPrivateKey: sealing.seal(pem), x, createdAt };
}

import { generateKeyPairSync, randomUUIDv7 } from "node:crypto";
import { emit } from "@kismet/bus";
import { accessTokenSeconds, type Jwk, KeyRevoked } from "@kismet/contracts";
import { lockKeys, recordAudit } from "@kismet/database";
import { type Clock, createTokenSigner, NotFound, type TokenSigner } from "@kismet/service-kit";
import type { Sealing } from "../secrets/sealing.ts";
import type { AuthDatabase, Tx } from "../storage.ts";
import { KeyTooYoung } from "./keyring-errors.ts";
import {
  deleteKey,
  deleteKeysBefore,
  insertKey,
  listKeys,
  type StoredKey,
} from "./signing-keys-repository.ts";

export type Keyring = {
  sign(claims: Record<string, unknown>): Promise<string>;
  /** The public keys of all tokens that may still be in use, and of those to come. */
  published(): Promise<Jwk[]>;
  /** Makes a key if there is none or the newest is old, and forgets those that no token needs. */
  rotate(): Promise<void>;
  /** Makes a key now; gives its id. Until it has been published for a while the one before signs. */
  rotateNow(): Promise<string>;
  /** All tokens that it has signed are refused, within a second. */
  revoke(kid: string): Promise<void>;
  /** What another process has changed is read anew. */
  forget(): void;
};

const dayMs = 86_400_000;
/** So long a key is published before it signs: whoever verifies has it by then. */
const publishedFirstMs = 600_000;
/** After that its successor has signed for so long that its last token has expired, also by a clock that is off. */
const neededMs = publishedFirstMs + accessTokenSeconds * 1_000 + 60_000;
/** Instances need not ask for the keys each time. */
const cachedForMs = 5_000;
const rotationLock = "auth/signing-keys";

type Deps = { database: AuthDatabase; clock: Clock; sealing: Sealing; signingKeyDays: number };

export function createKeyring({ database, clock, sealing, signingKeyDays }: Deps): Keyring {
  const signers = new Map<string, TokenSigner>();
  let cached: { keys: StoredKey[]; atMs: number } | undefined;
  const forget = () => void (cached = undefined);

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

  async function make(tx: Tx, now: Date): Promise<string> {
    const key = newKey(sealing, now);
    await insertKey(tx, key);
    await recordAudit(tx, { action: "auth.key.rotate", details: { kid: key.kid } });
    return key.kid;
  }

  /** One at a time, whoever asks. */
  async function change<T>(work: (tx: Tx, newestFirst: StoredKey[], now: Date) => Promise<T>): Promise<T> {
    const result = await database.transaction(async (tx) => {
      await lockKeys(tx, rotationLock);
      return work(tx, await listKeys(tx), clock.now());
    });
    forget();
    return result;
  }

  const rotate = () =>
    change(async (tx, newestFirst, now) => {
      const [newest] = newestFirst;
      if (!newest || now.getTime() - newest.createdAt.getTime() > signingKeyDays * dayMs) await make(tx, now);
      const successor = newestFirst.find(({ createdAt }) => now.getTime() - createdAt.getTime() > neededMs);
      if (successor) await deleteKeysBefore(tx, successor.createdAt);
    });

  return {
    rotate,
    forget,
    rotateNow: () =>
      change(async (tx, [newest], now) => {
        // Two that wait to sign would make a row of keys that nobody has used.
        if (newest && now.getTime() - newest.createdAt.getTime() < publishedFirstMs) throw new KeyTooYoung();
        return make(tx, now);
      }),
    revoke: (kid) =>
      change(async (tx, all, now) => {
        if (!(await deleteKey(tx, kid))) throw new NotFound();
        await recordAudit(tx, { action: "auth.key.revoke", details: { kid } });
        if (all.length === 1) await make(tx, now);
        await emit(tx, KeyRevoked, { aggregateId: kid, payload: { kid, revokedAt: now.toISOString() } });
      }),
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

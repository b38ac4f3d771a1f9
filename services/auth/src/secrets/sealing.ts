import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** Text at rest that only this service can read: AES-256-GCM under a key derived from a secret. */
export type Sealing = {
  seal(text: string): string;
  open(sealed: string): string;
  /** Before everything that is sealed by the key of today; what lacks it is to be sealed anew. */
  prefix: string;
};

type SealingKey = { prefix: string; key: Buffer };

const nonceLength = 12;
const tagLength = 16;

/**
 * `secret` seals; `also` only opens: the next key before it seals, the last one until all is sealed anew
 * (docs/adr/keys-under-keys.md). What is sealed names its key.
 */
export function createSealing(secret: string, also?: string): Sealing {
  const current = keyOf(secret);
  const keys = [current, ...(also === undefined ? [] : [keyOf(also)])];
  return {
    prefix: current.prefix,
    seal(text) {
      const nonce = randomBytes(nonceLength);
      const cipher = createCipheriv("aes-256-gcm", current.key, nonce);
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return current.prefix + Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64");
    },
    open(sealed) {
      const named = sealed.includes(".") ? sealed.slice(0, sealed.lastIndexOf(".") + 1) : undefined;
      const key = keys.find(({ prefix }) => prefix === named);
      if (key) return opened(key.key, Buffer.from(sealed.slice(key.prefix.length), "base64"));
      if (named !== undefined) throw new Error(`nothing here opens what is sealed by ${named}`);
      // From before keys were named.
      return openedByAny(keys, Buffer.from(sealed, "base64"));
    },
  };
}

/** Its id is derived as the key is, and tells nothing of it. */
function keyOf(secret: string): SealingKey {
  const derive = (purpose: string, length: number) =>
    Buffer.from(hkdfSync("sha256", secret, "", `kismet auth ${purpose}`, length));
  return { prefix: `s1.${derive("sealing id", 6).toString("hex")}.`, key: derive("sealing", 32) };
}

function openedByAny(keys: readonly SealingKey[], bytes: Buffer): string {
  for (const { key } of keys.slice(0, -1)) {
    try {
      return opened(key, bytes);
    } catch {
      // By its tag, another one's.
    }
  }
  const last = keys.at(-1);
  if (!last) throw new Error("there is always a key");
  return opened(last.key, bytes);
}

function opened(key: Buffer, bytes: Buffer): string {
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceLength), {
    authTagLength: tagLength,
  });
  decipher.setAuthTag(bytes.subarray(nonceLength, nonceLength + tagLength));
  return decipher.update(bytes.subarray(nonceLength + tagLength), undefined, "utf8") + decipher.final("utf8");
}

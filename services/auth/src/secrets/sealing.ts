import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** Text at rest that only this service can read: AES-256-GCM under a key derived from a secret. */
export type Sealing = { seal(text: string): string; open(sealed: string): string };

const nonceLength = 12;
const tagLength = 16;

export function createSealing(secret: string): Sealing {
  const key = Buffer.from(hkdfSync("sha256", secret, "", "kismet auth sealing", 32));
  return {
    seal(text) {
      const nonce = randomBytes(nonceLength);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64");
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, "base64");
      const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceLength), {
        authTagLength: tagLength,
      });
      decipher.setAuthTag(bytes.subarray(nonceLength, nonceLength + tagLength));
      return (
        decipher.update(bytes.subarray(nonceLength + tagLength), undefined, "utf8") + decipher.final("utf8")
      );
    },
  };
}

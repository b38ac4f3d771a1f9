import { createHmac, timingSafeEqual } from "node:crypto";

/** Keyed hashes: what is stored of a code of six digits must not be found by trying all of them. */
export type Digests = { of(purpose: string, ...parts: string[]): string };

export function createDigests(secret: string): Digests {
  return {
    of(purpose, ...parts) {
      return createHmac("sha256", secret)
        .update(JSON.stringify([purpose, ...parts]))
        .digest("base64url");
    },
  };
}

export function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

import { hash, randomBytes } from "node:crypto";

export type NewKey = { id: string; key: string; digest: string };

/** 40 bits name a key, 256 are its secret. Its form can be recognised by who searches sources for secrets. */
export function makeClientKey(): NewKey {
  const id = base32(randomBytes(5));
  const key = `kismet_${id}_${randomBytes(32).toString("base64url")}`;
  return { id, key, digest: hash("sha256", key, "hex") };
}

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

function base32(bytes: Buffer): string {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  return (bits.match(/.{5}/g) ?? []).map((five) => alphabet[Number.parseInt(five, 2)]).join("");
}

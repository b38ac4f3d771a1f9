import { hash } from "node:crypto";

/** Weak, as the encodings of a body share it. */
export function tagOf(body: Buffer): string {
  return `W/"${hash("sha256", body, "base64url").slice(0, 27)}"`;
}

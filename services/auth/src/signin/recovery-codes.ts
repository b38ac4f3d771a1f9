import { randomInt } from "node:crypto";
import type { Digests } from "../secrets/digests.ts";

const codes = 10;
const groups = 3;
const groupLength = 4;
/** Without what is taken for something else: 0 and O, 1, I and L. */
const alphabet = "ABCDEFGHJKMNPQRSTUVWXYZ23456789";

/** Each of twelve characters, 59 bits: nobody guesses one, whatever the hash costs. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: codes }, () =>
    Array.from({ length: groups }, () =>
      Array.from({ length: groupLength }, () => alphabet[randomInt(alphabet.length)]).join(""),
    ).join("-"),
  );
}

/** However it was typed. */
export function recoveryCodeHash(digests: Digests, memberId: string, code: string): string {
  return digests.of("recovery code", memberId, code.toUpperCase().replaceAll(/[^A-Z0-9]/g, ""));
}

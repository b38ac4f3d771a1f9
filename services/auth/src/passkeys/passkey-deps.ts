import type { Clock } from "@kismet/service-kit";
import type { Letterbox } from "../letters/letterbox.ts";
import type { Digests } from "../secrets/digests.ts";
import type { AuthDatabase } from "../storage.ts";
import type { RelyingParty } from "./decide-relying-party.ts";

/** What it takes to make and to check passkeys. */
export type PasskeyDeps = {
  database: AuthDatabase;
  clock: Clock;
  digests: Digests;
  letterbox: Letterbox;
  relyingParty: RelyingParty;
};

/** How long an authenticator's owner may take. */
export const ceremonyMs = 300_000;

/**
 * What authenticators keep beside the key, and give back without being told who signs in: the member's id, which is
 * opaque, never changes, and ends with the account. See docs/adr/passkeys.md.
 */
export function userHandleOf(memberId: string): string {
  return Buffer.from(memberId.replaceAll("-", ""), "hex").toString("base64url");
}

export function challengeHashOf(digests: Digests, id: string, challenge: string): string {
  return digests.of("passkey challenge", id, challenge);
}

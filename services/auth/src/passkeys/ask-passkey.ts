import { randomBytes, randomUUIDv7 } from "node:crypto";
import type { PasskeyQuestion } from "@kismet/contracts";
import { challengeHashOf, ceremonyMs, type PasskeyDeps } from "./passkey-deps.ts";
import { insertPasskeyChallenge, listPasskeys, type StoredPasskeyChallenge } from "./passkeys-repository.ts";

/** For whom a question is; whoever signs in is nobody yet. */
export type Asker =
  { purpose: "sign-in" } | { purpose: "registration" | "step-up"; memberId: string; sessionId: string };

/** A random challenge, of which only the hash is kept; it can be answered once, by who asked. */
export async function openPasskeyChallenge(
  { database, clock, digests }: PasskeyDeps,
  asker: Asker,
): Promise<{ id: string; challenge: string }> {
  const id = randomUUIDv7();
  const challenge = randomBytes(32).toString("base64url");
  const { memberId, sessionId } = asker.purpose === "sign-in" ? { memberId: null, sessionId: null } : asker;
  await insertPasskeyChallenge(database, {
    id,
    purpose: asker.purpose,
    memberId,
    sessionId,
    challengeHash: challengeHashOf(digests, id, challenge),
    expiresAt: new Date(clock.now().getTime() + ceremonyMs),
  });
  return { id, challenge };
}

/** Whether it was opened for this. */
export function isAskedBy(challenge: StoredPasskeyChallenge, asker: Asker): boolean {
  if (challenge.purpose !== asker.purpose) return false;
  if (asker.purpose === "sign-in") return true;
  // A session is one member's: either would do, and neither is taken from what was sent.
  return challenge.memberId === asker.memberId && challenge.sessionId === asker.sessionId;
}

/**
 * Asks for a passkey. Without a member any that the authenticator has for us will do: who it belongs to, it says itself,
 * and no page can find out who has one.
 */
export async function askPasskey(deps: PasskeyDeps, asker: Asker): Promise<PasskeyQuestion> {
  const own = asker.purpose === "sign-in" ? [] : await listPasskeys(deps.database.read, asker.memberId);
  const { id, challenge } = await openPasskeyChallenge(deps, asker);
  return {
    id,
    options: {
      rpId: deps.relyingParty.id,
      challenge,
      timeout: ceremonyMs,
      userVerification: "required",
      allowCredentials: own
        .filter(({ suspendedAt }) => suspendedAt === null)
        .map(({ credentialId, transports }) => ({ type: "public-key", id: credentialId, transports })),
    },
  };
}

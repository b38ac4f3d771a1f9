import { randomBytes, randomUUIDv7 } from "node:crypto";
import {
  accessTokenSeconds,
  type AccountStatus,
  type Member,
  type Session,
  type SignInMethod,
  tokenAudience,
  tokenIssuer,
} from "@kismet/contracts";
import { type Clock, normaliseText } from "@kismet/service-kit";
import type { Keyring } from "../keys/keyring.ts";
import type { Digests } from "../secrets/digests.ts";
import { decideTokenRoles } from "../staff/decide-token-roles.ts";
import type { Tx } from "../storage.ts";
import { tellEnded } from "./end-sessions.ts";
import { refreshTokenOf } from "./refresh-tokens.ts";
import { endSession, insertSession, listLeastSeen, type StoredSession } from "./sessions-repository.ts";

/** A member's devices; with one more the least seen is signed out. */
const maxSessions = 50;
const dayMs = 86_400_000;

export type SessionRules = { refreshDays: number; sessionDays: number; refreshRetrySeconds: number };

/** Under the account's lock. */
export async function openSession(
  tx: Tx,
  {
    memberId,
    deviceName,
    deviceId,
    methods,
    place,
    now,
    authenticatedAt = now,
    rules,
  }: {
    memberId: string;
    deviceName?: string | undefined;
    deviceId?: string | null;
    methods: SignInMethod[];
    /** When its member was last there; now, unless it takes the place of another session. */
    authenticatedAt?: Date | null;
    place: string | null;
    now: Date;
    rules: SessionRules;
  },
): Promise<StoredSession> {
  const running = await listLeastSeen(tx, memberId);
  for (const id of running.slice(0, Math.max(0, running.length - maxSessions + 1))) {
    await tellEnded(tx, memberId, await endSession(tx, memberId, id, now), now);
  }
  const session: StoredSession = {
    id: randomUUIDv7(),
    memberId,
    deviceName: (deviceName && normaliseText(deviceName)) || null,
    seed: randomBytes(32).toString("base64url"),
    generation: 0,
    rotatedAt: now,
    createdAt: now,
    expiresAt: expiryOf(now, now, rules),
    endedAt: null,
    methods,
    authenticatedAt,
    place,
    deviceId: deviceId ?? null,
  };
  await insertSession(tx, session);
  return session;
}

/** Slides with each use, up to an end that does not. */
export function expiryOf(createdAt: Date, now: Date, { refreshDays, sessionDays }: SessionRules): Date {
  return new Date(Math.min(now.getTime() + refreshDays * dayMs, createdAt.getTime() + sessionDays * dayMs));
}

/** Makes the answer that a client gets of a session. */
export async function answerOf(
  { keyring, digests, clock }: { keyring: Keyring; digests: Digests; clock: Clock },
  session: StoredSession,
  account: { status: AccountStatus; roles: Member["roles"] },
): Promise<Session> {
  const issuedAt = Math.floor(clock.now().getTime() / 1_000);
  const accessToken = await keyring.sign({
    iss: tokenIssuer,
    aud: tokenAudience,
    sub: session.memberId,
    sid: session.id,
    st: account.status,
    roles: decideTokenRoles(account.roles, session.methods),
    iat: issuedAt,
    exp: issuedAt + accessTokenSeconds,
    jti: randomUUIDv7(),
  });
  return {
    accessToken,
    refreshToken: refreshTokenOf(digests, session),
    tokenType: "Bearer",
    expiresInSeconds: accessTokenSeconds,
    memberId: session.memberId,
    sessionId: session.id,
  };
}

import type { Session } from "@kismet/contracts";
import { lockAccount, type StoredAccount } from "../accounts/accounts-repository.ts";
import { decideRefresh } from "./decide-refresh.ts";
import { tellEnded } from "./end-sessions.ts";
import { answerOf, expiryOf } from "./open-session.ts";
import { isGenuine, readRefreshToken } from "./refresh-tokens.ts";
import type { SessionDeps } from "./session-deps.ts";
import { RefreshRefused } from "./session-errors.ts";
import { endSession, findSession, rotateSession, type StoredSession } from "./sessions-repository.ts";

type Continued = { session: StoredSession; account: StoredAccount };

/** Rotates the refresh token; ends the session if an old one comes back. */
export async function refreshSession(
  deps: SessionDeps,
  refreshToken: string,
  place: string | null = null,
): Promise<Session> {
  const { database, digests } = deps;
  const presented = readRefreshToken(refreshToken);
  if (!presented) throw new RefreshRefused();
  const found = await findSession(database.read, presented.sessionId);
  if (!found || !isGenuine(digests, refreshToken, { ...found, generation: presented.generation }))
    throw new RefreshRefused();
  // Refused after the commit: that the session has ended must last.
  const continued = await continueSession(deps, found, presented.generation, place);
  if (!continued) throw new RefreshRefused();
  return answerOf(deps, continued.session, continued.account);
}

async function continueSession(
  { database, clock, rules }: SessionDeps,
  { id, memberId }: StoredSession,
  presented: number,
  place: string | null,
): Promise<Continued | undefined> {
  return database.transaction(async (tx) => {
    // Of several refreshes with one token the first rotates, the others find it done.
    const account = await lockAccount(tx, memberId);
    const session = await findSession(tx, id);
    if (!account || account.status === "unverified" || !session) return undefined;
    const now = clock.now();
    const facts = { ...session, presented, current: session.generation };
    switch (decideRefresh(facts, now, rules.refreshRetrySeconds * 1_000)) {
      case "rotate": {
        const change = {
          generation: session.generation + 1,
          rotatedAt: now,
          expiresAt: expiryOf(session.createdAt, now, rules),
          place: place ?? session.place,
        };
        await rotateSession(tx, id, change);
        return { session: { ...session, ...change }, account };
      }
      case "repeat":
        return { session, account };
      case "reuse":
        await tellEnded(tx, memberId, await endSession(tx, memberId, id, now), now);
        return undefined;
      case "over":
        return undefined;
    }
  });
}

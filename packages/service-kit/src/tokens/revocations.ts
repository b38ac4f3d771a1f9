import { type AccountStatus, accessTokenSeconds, type Member } from "@kismet/contracts";
import type { Clock } from "../context/clock.ts";
import { Unauthenticated, Unavailable } from "../errors/kit-errors.ts";

/** A token issued before the news ends this long after it at the latest; then nothing need be remembered. */
const memoryMs = (accessTokenSeconds + 300) * 1_000;
const maxRevokedKeys = 1_000;
const sweepEveryMs = 60_000;

export type RevokedSession = { memberId: string; sessionId: string | null; revokedAt: Date };
export type ChangedAccount = { memberId: string; status: AccountStatus; changedAt: Date };
export type Revocation = { memberId: string; sessionId: string | null };

/**
 * What has happened to sessions and accounts since the tokens now in use were signed, as events tell it.
 * Its size is bounded by the rate of such events over the life of a token.
 */
export type Revocations = {
  sessionRevoked(event: RevokedSession): void;
  accountChanged(event: ChangedAccount): void;
  keyRevoked(kid: string): void;
  isKeyRevoked(kid: string): boolean;
  /** Almost always not: then nobody need look which key a token has. */
  hasRevokedKeys(): boolean;
  /**
   * The member with its newest known status; throws UNAUTHENTICATED if the session is over, UNAVAILABLE while it is not known
   * what has been revoked of late.
   */
  apply(member: Member, issuedAt: Date): Member;
  /** Also called when an account stops being active: its sockets must close. Returns how to stop listening. */
  onRevoked(listener: (revocation: Revocation) => void): () => void;
  /** Whatever its tokens have opened must close. */
  onKeyRevoked(listener: (kid: string) => void): void;
};

export function createRevocations(clock: Clock, isInformed: () => boolean = () => true): Revocations {
  const sessions = new Map<string, number>();
  const members = new Map<string, number>();
  const accounts = new Map<string, { status: AccountStatus; at: number }>();
  const listeners = new Set<(revocation: Revocation) => void>();
  const keys = new Set<string>();
  const keyListeners = new Set<(kid: string) => void>();
  let sweptAt = clock.now().getTime();

  function sweep(): void {
    const now = clock.now().getTime();
    if (now - sweptAt < sweepEveryMs) return;
    sweptAt = now;
    for (const map of [sessions, members])
      for (const [id, at] of map) if (now - at > memoryMs) map.delete(id);
    for (const [id, { at }] of accounts) if (now - at > memoryMs) accounts.delete(id);
  }

  return {
    sessionRevoked({ memberId, sessionId, revokedAt }) {
      sweep();
      const [map, id] =
        sessionId === null ? ([members, memberId] as const) : ([sessions, sessionId] as const);
      map.set(id, Math.max(map.get(id) ?? 0, revokedAt.getTime()));
      for (const listener of listeners) listener({ memberId, sessionId });
    },
    accountChanged({ memberId, status, changedAt }) {
      sweep();
      const at = changedAt.getTime();
      if ((accounts.get(memberId)?.at ?? 0) > at) return;
      accounts.set(memberId, { status, at });
      if (status !== "active") for (const listener of listeners) listener({ memberId, sessionId: null });
    },
    apply(member, issuedAt) {
      if (!isInformed()) throw new Unavailable();
      if (sessions.has(member.sessionId)) throw new Unauthenticated("The session has ended.");
      // Seconds, as in `iat`: a token of the same second is a new one, signed after the revocation that made it needed.
      const allRevokedAt = members.get(member.memberId);
      if (allRevokedAt !== undefined && issuedAt.getTime() < Math.floor(allRevokedAt / 1_000) * 1_000) {
        throw new Unauthenticated("The session has ended.");
      }
      const account = accounts.get(member.memberId);
      if (!account || account.status === member.status) return member;
      return account.at >= issuedAt.getTime() ? { ...member, status: account.status } : member;
    },
    keyRevoked(kid) {
      // By command only: more of them than that is nobody's emergency any more.
      if (keys.size >= maxRevokedKeys) keys.clear();
      keys.add(kid);
      for (const listener of keyListeners) listener(kid);
    },
    hasRevokedKeys: () => keys.size > 0,
    isKeyRevoked: (kid) => keys.has(kid),
    onKeyRevoked: (listener) => void keyListeners.add(listener),
    onRevoked(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

import { AccountChanged, accessTokenSeconds, GetJwks, KeyRevoked, SessionRevoked } from "@kismet/contracts";
import { createRevocations, createTokenVerifier, type Parts, type TokenVerifier } from "@kismet/service-kit";
import type { Bus } from "./bus.ts";
import type { Watching } from "./watch.ts";

/** A token that was signed before an event of this age has ended by itself; with a minute for clocks that differ. */
const sinceMs = (accessTokenSeconds + 60) * 1_000;

/**
 * Verifies access tokens with auth's keys, and refuses those of sessions and accounts that auth has ended since. A process
 * that has just started accepts none before it has heard what was ended.
 */
export function createAccessControl(parts: Parts, bus: Bus): TokenVerifier {
  const watches: Watching[] = [];
  let isInformed = false;
  // What has lain in the past stays known: a later interruption makes news late, as docs/adr/what-fails-open.md allows.
  const revocations = createRevocations(
    parts.clock,
    () => (isInformed ||= watches.every((watch) => watch.hasCaughtUp)),
  );
  const sessions = bus.watch(SessionRevoked, { sinceMs }, ({ payload: { memberId, sessionId, revokedAt } }) =>
    revocations.sessionRevoked({ memberId, sessionId, revokedAt: new Date(revokedAt) }),
  );
  const accounts = bus.watch(AccountChanged, { sinceMs }, ({ payload: { memberId, status, changedAt } }) =>
    revocations.accountChanged({ memberId, status, changedAt: new Date(changedAt) }),
  );
  const keys = bus.watch(KeyRevoked, { sinceMs }, ({ payload: { kid } }) => revocations.keyRevoked(kid));
  watches.push(sessions, accounts, keys);
  return createTokenVerifier(parts, {
    keys: async () => (await bus.request(GetJwks, {})).keys,
    revocations,
  });
}

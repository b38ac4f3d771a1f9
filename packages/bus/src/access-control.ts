import { AccountChanged, accessTokenSeconds, GetJwks, KeyRevoked, SessionRevoked } from "@kismet/contracts";
import { createRevocations, createTokenVerifier, type Parts, type TokenVerifier } from "@kismet/service-kit";
import type { Bus } from "./bus.ts";

/** A token that was signed before an event of this age has ended by itself; with a minute for clocks that differ. */
const sinceMs = (accessTokenSeconds + 60) * 1_000;

/** Verifies access tokens with auth's keys, and refuses those of sessions and accounts that auth has ended since. */
export function createAccessControl(parts: Parts, bus: Bus): TokenVerifier {
  const revocations = createRevocations(parts.clock);
  bus.watch(SessionRevoked, { sinceMs }, ({ payload: { memberId, sessionId, revokedAt } }) =>
    revocations.sessionRevoked({ memberId, sessionId, revokedAt: new Date(revokedAt) }),
  );
  bus.watch(AccountChanged, { sinceMs }, ({ payload: { memberId, status, changedAt } }) =>
    revocations.accountChanged({ memberId, status, changedAt: new Date(changedAt) }),
  );
  bus.watch(KeyRevoked, { sinceMs }, ({ payload: { kid } }) => revocations.keyRevoked(kid));
  return createTokenVerifier(parts, {
    keys: async () => (await bus.request(GetJwks, {})).keys,
    revocations,
  });
}

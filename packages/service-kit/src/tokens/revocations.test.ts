import { randomUUIDv7 } from "node:crypto";
import { test } from "tap";
import { createRevocations, type Revocation } from "./revocations.ts";

const begin = new Date("2026-11-24T12:00:00Z").getTime();
const at = (seconds: number) => new Date(begin + seconds * 1_000);

function member(status: "active" | "unverified" = "active") {
  return { memberId: randomUUIDv7(), sessionId: randomUUIDv7(), status, roles: [] };
}

test("a revoked session ends its tokens, and only those", async (t) => {
  const revocations = createRevocations({ now: () => at(0) });
  const one = member();
  const other = { ...one, sessionId: randomUUIDv7() };
  revocations.sessionRevoked({ memberId: one.memberId, sessionId: one.sessionId, revokedAt: at(0) });
  t.throws(() => revocations.apply(one, at(-5)), { code: "UNAUTHENTICATED" });
  t.same(revocations.apply(other, at(-5)), other);
});

test("all sessions revoked: tokens from before end, tokens from after are good", async (t) => {
  const revocations = createRevocations({ now: () => at(0) });
  const one = member();
  revocations.sessionRevoked({ memberId: one.memberId, sessionId: null, revokedAt: at(0.7) });
  t.throws(() => revocations.apply(one, at(-1)), { code: "UNAUTHENTICATED" });
  t.same(
    revocations.apply(one, at(0)),
    one,
    "a token of the same second was signed by what revoked the others",
  );
});

test("a newer account status overrides the token's, an older one does not", async (t) => {
  const revocations = createRevocations({ now: () => at(0) });
  const one = member("unverified");
  revocations.accountChanged({ memberId: one.memberId, status: "active", changedAt: at(10) });
  revocations.accountChanged({ memberId: one.memberId, status: "deleting", changedAt: at(5) });
  t.equal(revocations.apply(one, at(0)).status, "active", "events out of order");
  t.equal(revocations.apply(one, at(20)).status, "unverified", "a token signed later knows better");
});

test("listeners hear of sessions and of accounts that stop being active", async (t) => {
  const revocations = createRevocations({ now: () => at(0) });
  const heard: Revocation[] = [];
  const stop = revocations.onRevoked((revocation) => heard.push(revocation));
  const { memberId, sessionId } = member();
  revocations.sessionRevoked({ memberId, sessionId, revokedAt: at(0) });
  revocations.accountChanged({ memberId, status: "active", changedAt: at(1) });
  revocations.accountChanged({ memberId, status: "deleting", changedAt: at(2) });
  stop();
  revocations.sessionRevoked({ memberId, sessionId, revokedAt: at(3) });
  t.same(heard, [
    { memberId, sessionId },
    { memberId, sessionId: null },
  ]);
});

test("news older than any token is forgotten", async (t) => {
  let now = at(0);
  const revocations = createRevocations({ now: () => now });
  const one = member();
  revocations.sessionRevoked({ memberId: one.memberId, sessionId: one.sessionId, revokedAt: at(0) });
  now = at(3_600);
  revocations.accountChanged({ memberId: randomUUIDv7(), status: "active", changedAt: now });
  t.same(revocations.apply(one, now), one);
});

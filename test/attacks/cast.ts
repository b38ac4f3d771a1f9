import assert from "node:assert/strict";
import type { Session } from "@kismet/contracts";
import { eventually, newId, type System } from "@kismet/testing";
import { fillProfile, matchThem, SystemMember } from "../member.ts";
import { type Account, ask, signUp } from "../sign-up.ts";
import { openWorkshop } from "./forged-tokens.ts";
import { newStaff } from "./ways-in.ts";

/** What has become of somebody with whom Ann had a match. */
export const fates = ["blocked", "has blocked", "suspended", "banned", "deleting", "deleted"] as const;
export type Fate = (typeof fates)[number];
export type Peer = { account: Account; member: SystemMember; matchId: string };

/** Who tries an object that is Ann's. Dan she has blocked; Ben is her match. */
export type Cast = {
  system: System;
  ann: SystemMember;
  account: Account;
  ben: SystemMember;
  dan: SystemMember;
  eve: SystemMember;
  /** On whom staff proves what it may do. */
  fay: Account;
  admin: SystemMember;
  /** Of Ann and Ben. */
  matchId: string;
  peers: Record<Fate, Peer>;
};
export type Others = Record<string, SystemMember>;

const patience = { timeoutMs: 30_000, everyMs: 100 };

export async function gather(system: System): Promise<{ cast: Cast; others: Others }> {
  const accounts = await Promise.all(Array.from({ length: 12 }, () => signUp(system)));
  const [account, ben, cat, dan, eve, fay, ...rest] = accounts;
  assert.ok(account && ben && cat && dan && eve && fay);
  const [{ staff: admin }, { staff: warden }] = await Promise.all([
    newStaff(system, "admin"),
    newStaff(system, "admin"),
  ]);
  await Promise.all(accounts.map(({ member }) => fillProfile(member, "Robin")));
  const ann = account.member;
  const matchId = await matchThem(ann, ben.member);
  await ann.callPatiently("PUT", `/v1/blocks/${dan.member.id}`);
  const met = await Promise.all(
    rest.map(async (peer) => ({
      account: peer,
      member: peer.member,
      matchId: await matchThem(ann, peer.member),
    })),
  );
  const peers = Object.fromEntries(fates.map((fate, i) => [fate, met[i]])) as Record<Fate, Peer>;
  await meetFates(system, ann, warden, peers);
  const cast = { system, ann, account, ben: ben.member, dan: dan.member, eve: eve.member, fay, admin };
  const others = await gatherOthers(system, account, { cat: cat.member, dan: dan.member, peers });
  return { cast: { ...cast, matchId, peers }, others };
}

async function meetFates(
  system: System,
  ann: SystemMember,
  warden: SystemMember,
  peers: Record<Fate, Peer>,
): Promise<void> {
  const restrict = (id: string, change: object) =>
    warden.callPatiently("POST", `/v1/admin/members/${id}/status`, { reason: "spam", ...change });
  const until = new Date(Date.now() + 86_400_000).toISOString();
  await Promise.all([
    ann.callPatiently("PUT", `/v1/blocks/${peers.blocked.member.id}`),
    peers["has blocked"].member.callPatiently("PUT", `/v1/blocks/${ann.id}`),
    restrict(peers.suspended.member.id, { action: "suspend", until }),
    restrict(peers.banned.member.id, { action: "ban" }),
    peers.deleting.member.callPatiently("DELETE", "/v1/auth/me"),
    peers.deleted.member.callPatiently("DELETE", "/v1/auth/me"),
  ]);
  const gone = peers.deleted.member.id;
  await system.world.sql("UPDATE auth.accounts SET erases_at = now() WHERE member_id = $1", [gone]);
  await eventually(async () => {
    const { body } = await ann.call<{ items: unknown[] }>("GET", "/v1/conversations");
    assert.equal(body.items.length, 1, "chat has heard of all of it");
    const left = await system.world.sql(
      `SELECT member_id FROM auth.accounts WHERE member_id = $1
       UNION ALL SELECT member_id FROM profile.profiles WHERE member_id = $1
       UNION ALL SELECT member_id FROM matching.candidates WHERE member_id = $1`,
      [gone],
    );
    assert.equal(left.length, 0, "the deleted one is erased");
  }, patience);
}

async function gatherOthers(
  system: System,
  { session }: Account,
  { cat, dan, peers }: { cat: SystemMember; dan: SystemMember; peers: Record<Fate, Peer> },
): Promise<Others> {
  const { signed, header, claims } = await openWorkshop(system, session.accessToken);
  const minted = (more: object) => {
    const id = newId();
    const token = signed(header, { ...claims, sub: id, sid: newId(), jti: newId(), ...more });
    return new SystemMember(system.url, { id, token });
  };
  /** Who may still sign in, to read why and to object, or to take it back. */
  const again = async ({ account: { credentials } }: Peer) => {
    const { email, password } = credentials;
    const { status, body } = await ask<Session>(system.url, "/v1/auth/login", { email, password });
    assert.equal(status, 200, JSON.stringify(body));
    return new SystemMember(system.url, { id: body.memberId, token: body.accessToken });
  };
  return {
    "another member": cat,
    "a blocked one": dan,
    "a match who was blocked": peers.blocked.member,
    "a match who has blocked": peers["has blocked"].member,
    "somebody unverified": minted({ st: "unverified" }),
    "somebody of unproven age": minted({ st: "age_unproven" }),
    "somebody suspended": await again(peers.suspended),
    "somebody banned": await again(peers.banned),
    "somebody who leaves": await again(peers.deleting),
    "somebody erased": peers.deleted.member,
    "a moderator": minted({ roles: ["moderator"] }),
    "a supporter": minted({ roles: ["support"] }),
    nobody: new SystemMember(system.url, { id: "", token: "" }),
  };
}

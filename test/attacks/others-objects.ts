import assert from "node:assert/strict";
import type { Session } from "@kismet/contracts";
import { newId, type System } from "@kismet/testing";
import type { Test } from "tap";
import { fillProfile, matchThem, SystemMember } from "../member.ts";
import { type Account, signUp } from "../sign-up.ts";
import { openWorkshop } from "./forged-tokens.ts";
import { routeTable } from "./route-table.ts";

/** Who tries an object that is Ann's. Dan she has blocked; Ben is her match. */
type Cast = {
  system: System;
  ann: SystemMember;
  ben: SystemMember;
  dan: SystemMember;
  eve: SystemMember;
  session: Session;
  account: Account;
  /** Of Ann and Ben. */
  matchId: string;
};

type Row = {
  /** Makes an object of Ann's (or takes one), and gives its address without the method. */
  make(cast: Cast): Promise<string> | string;
  body?: object;
  /** What Ann gets at the end, which shows that the object is still there. Without it nobody in the cast may. */
  owner?: number;
  /**
   * `private`: for everybody else it isn't there. `staff`: for nobody without the right role, whatever the id.
   * `anybody`: an id that stands for somebody else and not for a thing of theirs; `others` is what they get.
   */
  kind: "private" | "staff" | "anybody";
  others?: number;
};

const nobody = "00000000-0000-7000-8000-00000000000";
const conversation = (rest: string) => (cast: Cast) => `/v1/conversations/${cast.matchId}${rest}`;

async function checkoutOf({ ann }: Cast): Promise<string> {
  const order = { productId: "superlikes_5", provider: "sandbox", country: "DE" };
  const answer = await ann.call<{ checkoutId: string; redirectUrl: string }>(
    "POST",
    "/v1/billing/checkout",
    order,
    {
      headers: { "idempotency-key": newId() },
    },
  );
  assert.equal(answer.status, 201);
  return answer.body.checkoutId;
}

/** Of Ann's account, or of what belongs to it. */
function staffRow(route: string): Row {
  const path = route.slice(route.indexOf(" ") + 1).replace(":sessionId", `${nobody}1`);
  return { kind: "staff", make: ({ ann }) => path.replace(":id", ann.id) };
}

/** A route with an id and without a row here fails. */
const rows: Record<string, Row> = {
  "DELETE /v1/admin/clients/:id": { kind: "staff", make: () => `/v1/admin/clients/${nobody}1` },
  "POST /v1/admin/clients/:id/keys": { kind: "staff", make: () => `/v1/admin/clients/${nobody}1/keys` },
  "DELETE /v1/admin/clients/:id/keys/:keyId": {
    kind: "staff",
    make: () => `/v1/admin/clients/${nobody}1/keys/aaaaaaaa`,
  },
  // An archive that is ready takes a while to be made: who may fetch it, export.test.ts proves.
  "GET /v1/auth/me/exports/:id/archive": {
    kind: "private",
    make: () => `/v1/auth/me/exports/${nobody}1/archive`,
  },
  ...Object.fromEntries(
    [
      "GET /v1/admin/members/:id",
      "GET /v1/admin/members/:id/audit",
      "GET /v1/admin/members/:id/sessions",
      "DELETE /v1/admin/members/:id/sessions",
      "DELETE /v1/admin/members/:id/sessions/:sessionId",
    ].map((route): [string, Row] => [route, staffRow(route)]),
  ),
  "POST /v1/admin/members/:id/status": {
    ...staffRow("POST /v1/admin/members/:id/status"),
    body: { action: "ban", reason: "spam" },
  },
  "PUT /v1/admin/members/:id/roles": {
    ...staffRow("PUT /v1/admin/members/:id/roles"),
    body: { roles: ["admin"] },
  },
  "POST /v1/admin/members/:id/age": {
    ...staffRow("POST /v1/admin/members/:id/age"),
    body: { action: "move", jurisdiction: "DE" },
  },
  "POST /v1/admin/appeals/:id/decision": {
    ...staffRow("POST /v1/admin/appeals/:id/decision"),
    body: { outcome: "overturned", reason: "x" },
  },
  "DELETE /v1/auth/sessions/:id": {
    kind: "private",
    owner: 204,
    async make({ system, account }) {
      const { email, password } = account.credentials;
      const nameless = new SystemMember(system.url, { id: "", token: "" });
      const { body } = await nameless.call<Session>("POST", "/v1/auth/login", { email, password });
      // A device that isn't known is asked for a code first: then it is her first one that is tried.
      return `/v1/auth/sessions/${body.sessionId ?? account.session.sessionId}`;
    },
  },
  // What they do for their owner needs a passkey, which auth's own tests have.
  "PATCH /v1/auth/passkeys/:id": {
    kind: "private",
    body: { name: "phone" },
    make: () => `/v1/auth/passkeys/${nobody}1`,
  },
  "DELETE /v1/auth/passkeys/:id": { kind: "private", make: () => `/v1/auth/passkeys/${nobody}1` },
  // An account with a provider is linked in auth's own tests.
  "DELETE /v1/auth/identities/:id": { kind: "private", make: () => `/v1/auth/identities/${nobody}1` },
  "GET /v1/billing/checkout/:id": {
    kind: "private",
    owner: 200,
    make: async (cast) => `/v1/billing/checkout/${await checkoutOf(cast)}`,
  },
  // The address is the secret, and needs nobody (the sandbox only).
  "GET /v1/billing/sandbox/checkouts/:token": {
    kind: "private",
    make: () => `/v1/billing/sandbox/checkouts/${"a".repeat(43)}`,
  },
  "POST /v1/billing/sandbox/checkouts/:token/pay": {
    kind: "private",
    make: () => `/v1/billing/sandbox/checkouts/${"a".repeat(43)}/pay`,
  },
  "PUT /v1/blocks/:memberId": {
    kind: "anybody",
    owner: 204,
    others: 204,
    make: ({ eve }) => `/v1/blocks/${eve.id}`,
  },
  "DELETE /v1/blocks/:memberId": {
    kind: "anybody",
    others: 204,
    // Nobody lifts her block by lifting their own.
    make: ({ dan }) => `/v1/blocks/${dan.id}`,
  },
  "GET /v1/profiles/:memberId": { kind: "private", owner: 200, make: ({ ben }) => `/v1/profiles/${ben.id}` },
  "GET /v1/conversations/:id/messages": { kind: "private", owner: 200, make: conversation("/messages") },
  "POST /v1/conversations/:id/messages": {
    kind: "private",
    owner: 201,
    body: { clientMessageId: newId(), type: "text", text: "hello" },
    make: conversation("/messages"),
  },
  "PUT /v1/conversations/:id/mute": {
    kind: "private",
    owner: 204,
    body: { muted: true },
    make: conversation("/mute"),
  },
  "PUT /v1/conversations/:id/read": {
    kind: "private",
    owner: 204,
    body: { seq: 1 },
    make: conversation("/read"),
  },
  "GET /v1/matches/:id": { kind: "private", owner: 200, make: ({ matchId }) => `/v1/matches/${matchId}` },
  "DELETE /v1/matches/:id": { kind: "private", owner: 204, make: ({ matchId }) => `/v1/matches/${matchId}` },
};

/** Tried last, each: what is gone can't be tried again. */
const endsTheObject = new Set(["DELETE /v1/matches/:id"]);

type Answered = { status: number; code: string | undefined };

async function ask(actor: SystemMember, method: string, address: string, body?: object): Promise<Answered> {
  const answer = await actor.call(method, address, body);
  return { status: answer.status, code: answer.body.code };
}

/** The same address with ids that nobody has. */
function elsewhere(address: string): string {
  return address.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, () => newId());
}

type Others = Record<string, SystemMember>;

async function gather(system: System, accounts: Account[]): Promise<{ cast: Cast; others: Others }> {
  const [first, ben, cat, dan, eve] = accounts;
  assert.ok(first && ben && cat && dan && eve);
  const ann = first.member;
  for (const { member } of accounts) await fillProfile(member, "Robin");
  const matchId = await matchThem(ann, ben.member);
  await ann.callPatiently("PUT", `/v1/blocks/${dan.member.id}`);
  const { signed, header, claims } = await openWorkshop(system, first.session.accessToken);
  const minted = (more: object) => {
    const id = newId();
    const token = signed(header, { ...claims, sub: id, sid: newId(), jti: newId(), ...more });
    return new SystemMember(system.url, { id, token });
  };
  return {
    cast: {
      system,
      ann,
      ben: ben.member,
      dan: dan.member,
      eve: eve.member,
      session: first.session,
      account: first,
      matchId,
    },
    others: {
      "another member": cat.member,
      "a blocked one": dan.member,
      "somebody unverified": minted({ st: "unverified" }),
      "somebody of unproven age": minted({ st: "age_unproven" }),
      "somebody who leaves": minted({ st: "deleting" }),
      "a moderator": minted({ roles: ["moderator"] }),
      "a supporter": minted({ roles: ["support"] }),
      nobody: new SystemMember(system.url, { id: "", token: "" }),
    },
  };
}

const roleOf: Record<string, "moderator" | "support"> = {
  "a moderator": "moderator",
  "a supporter": "support",
};

async function holdRow(
  t: Test,
  name: string,
  { cast, others }: { cast: Cast; others: Others },
): Promise<void> {
  const row = rows[name];
  const [method = ""] = name.split(" ");
  if (!row) return void t.fail(`${name} has no row`);
  const policies = routeTable.filter((route) => `${route.method} ${route.path}` === name);
  const isPublic = policies.some(({ policy }) => policy.auth === "public");
  const opensTo = new Set(policies.flatMap(({ policy }) => policy.roles ?? []));
  const address = await row.make(cast);
  for (const [who, actor] of Object.entries(others)) {
    const what = `${name} by ${who}`;
    // Which role opens what, auth's own tests have.
    const role = roleOf[who];
    if (role && opensTo.has(role)) continue;
    const theirs = await ask(actor, method, address, row.body);
    if (who === "nobody" && !isPublic) {
      t.same(theirs, { status: 401, code: "UNAUTHENTICATED" }, what);
      continue;
    }
    const isActive = !who.startsWith("somebody");
    if (row.kind === "anybody" && isActive) {
      t.equal(theirs.status, row.others, what);
      continue;
    }
    t.match(String(theirs.status), /^40[134]$/, `${what} is refused`);
    // Whether there is such a thing is not even looked at.
    if (row.kind === "staff") t.not(theirs.status, 404, what);
    const none = await ask(actor, method, elsewhere(address), row.body);
    t.same(theirs, none, `${what}: not theirs and not there is the same`);
  }
  if (row.owner !== undefined)
    t.equal((await ask(cast.ann, method, address, row.body)).status, row.owner, `${name} by its owner`);
}

/** A14 Each route that takes an id, by everybody whose it isn't. */
export async function attackOthersObjects(t: Test, system: System): Promise<void> {
  const accounts = await Promise.all(Array.from({ length: 5 }, () => signUp(system)));
  const gathered = await gather(system, accounts);
  // A provider is a name of the configuration, and nobody's.
  const named = routeTable
    .filter(({ path }) => path.replace(":provider", "").includes(":"))
    .map(({ method, path }) => `${method} ${path}`);
  t.same(
    Object.keys(rows).filter((name) => !named.includes(name)),
    [],
    "each row has its route",
  );
  // A profile is seen by whom it is shown to: another member is one of them, so here it is one who is blocked.
  const { cast, others } = gathered;
  const seers = new Set(["another member", "a moderator", "a supporter"]);
  const unseeing = Object.fromEntries(Object.entries(others).filter(([who]) => !seers.has(who)));
  await cast.ben.callPatiently("PUT", `/v1/blocks/${cast.dan.id}`);
  const order = [...named].sort((a, b) => Number(endsTheObject.has(a)) - Number(endsTheObject.has(b)));
  for (const name of order)
    await holdRow(t, name, name === "GET /v1/profiles/:memberId" ? { cast, others: unseeing } : gathered);
  const { body } = await cast.ann.call<{ items: { memberId: string }[] }>("GET", "/v1/blocks");
  t.same(
    body.items.map(({ memberId }) => memberId).sort(),
    [cast.dan.id, cast.eve.id].sort(),
    "nobody has changed whom she blocks",
  );
}

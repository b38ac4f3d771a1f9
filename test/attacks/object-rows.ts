import assert from "node:assert/strict";
import type { CheckoutOpened, ExportItem, IssuedKey, Session } from "@kismet/contracts";
import { eventually, newId } from "@kismet/testing";
import { SystemMember } from "../member.ts";
import { ask } from "../sign-up.ts";
import type { Cast, Fate, Peer } from "./cast.ts";
import { addPasskey, linkProvider } from "./ways-in.ts";

export type Row = {
  /** Makes an object of Ann's, or of whom staff looks after, and gives its address without the method. */
  make(cast: Cast): Promise<string> | string;
  body?: object;
  /** What the owner gets at the end, or an admin of what is staff's, which shows that the object is still there. */
  owner?: number;
  /**
   * `private`: for everybody else it isn't there. `staff`: for nobody without the right role, whatever the id.
   * `anybody`: an id that stands for somebody else and not for a thing of theirs; `others` is what they get.
   * `address`: whoever has been given it, member or not; `others` is what they get.
   */
  kind: "private" | "staff" | "anybody" | "address";
  others?: number;
  /** Where the id leads to somebody else: its address, and what Ann gets, whatever has become of them; else 404. */
  towards?: { address(peer: Peer): string; gets?: number | Partial<Record<Fate, number>> };
};

function conversation(rest: string, row: Pick<Row, "owner" | "body">): Row {
  const address = ({ matchId }: { matchId: string }) => `/v1/conversations/${matchId}${rest}`;
  return { kind: "private", ...row, make: address, towards: { address } };
}

function match(owner: number, gets?: Partial<Record<Fate, number>>): Row {
  const address = ({ matchId }: { matchId: string }) => `/v1/matches/${matchId}`;
  return { kind: "private", owner, make: address, towards: { address, ...(gets ? { gets } : {}) } };
}

async function checkoutOf({ ann }: Cast): Promise<CheckoutOpened> {
  const order = { productId: "superlikes_5", provider: "sandbox", country: "DE" };
  const headers = { "idempotency-key": newId() };
  const answer = await ann.call<CheckoutOpened>("POST", "/v1/billing/checkout", order, { headers });
  assert.equal(answer.status, 201);
  return answer.body;
}

/** An archive that is ready: other services have given her what they have. */
async function archiveOf({ ann }: Cast): Promise<string> {
  const asked = await ann.call("POST", "/v1/auth/me/export");
  assert.equal(asked.status, 202, JSON.stringify(asked.body));
  return eventually(
    async () => {
      const { body } = await ann.call<{ items: ExportItem[] }>("GET", "/v1/auth/me/exports");
      const ready = body.items.find(({ status }) => status === "ready");
      assert.ok(ready, "no archive is ready");
      return `/v1/auth/me/exports/${ready.id}/archive`;
    },
    { timeoutMs: 30_000, everyMs: 100 },
  );
}

async function clientOf({ admin }: Cast): Promise<IssuedKey> {
  const name = `client ${newId().slice(-12)}`;
  const { status, body } = await admin.call<IssuedKey>("POST", "/v1/admin/clients", { name });
  assert.equal(status, 201);
  return body;
}

/** Of who was suspended, by somebody else of staff, and objects. */
async function appealOf({ system, admin, peers }: Cast): Promise<string> {
  const { email, password } = peers.suspended.account.credentials;
  const { body: session } = await ask<Session>(system.url, "/v1/auth/login", { email, password });
  const member = new SystemMember(system.url, { id: session.memberId, token: session.accessToken });
  const appealed = await member.call("POST", "/v1/auth/me/appeals", { text: "I did not" });
  assert.equal(appealed.status, 201, JSON.stringify(appealed.body));
  const { body } = await admin.call<{ items: { id: string }[] }>("GET", "/v1/admin/appeals");
  return body.items[0]?.id ?? "";
}

const staff = (owner: number, make: Row["make"], body?: object): Row => ({
  kind: "staff",
  owner,
  make,
  ...(body ? { body } : {}),
});

const memberRow = (rest: string, owner: number, body?: object) =>
  staff(owner, ({ fay }) => `/v1/admin/members/${fay.member.id}${rest}`, body);

/** A route with an id and without a row here fails. */
export const rows: Record<string, Row> = {
  "POST /v1/admin/clients/:id/keys": staff(
    201,
    async (cast) => `/v1/admin/clients/${(await clientOf(cast)).clientId}/keys`,
  ),
  "DELETE /v1/admin/clients/:id/keys/:keyId": staff(204, async (cast) => {
    const { clientId, keyId } = await clientOf(cast);
    return `/v1/admin/clients/${clientId}/keys/${keyId}`;
  }),
  "DELETE /v1/admin/clients/:id": staff(
    204,
    async (cast) => `/v1/admin/clients/${(await clientOf(cast)).clientId}`,
  ),
  "GET /v1/admin/members/:id": memberRow("", 200),
  "GET /v1/admin/members/:id/audit": memberRow("/audit", 200),
  "GET /v1/admin/members/:id/sessions": memberRow("/sessions", 200),
  "DELETE /v1/admin/members/:id/sessions/:sessionId": staff(
    204,
    ({ fay }) => `/v1/admin/members/${fay.member.id}/sessions/${fay.session.sessionId}`,
  ),
  "DELETE /v1/admin/members/:id/sessions": memberRow("/sessions", 204),
  "POST /v1/admin/appeals/:id/decision": staff(
    204,
    async (cast) => `/v1/admin/appeals/${await appealOf(cast)}/decision`,
    { outcome: "upheld", reason: "it stays" },
  ),
  "POST /v1/admin/members/:id/age": memberRow("/age", 200, { action: "move", jurisdiction: "DE" }),
  "PUT /v1/admin/members/:id/roles": memberRow("/roles", 200, { roles: ["support"] }),
  "POST /v1/admin/members/:id/status": memberRow("/status", 200, { action: "ban", reason: "spam" }),
  "GET /v1/auth/me/exports/:id/archive": { kind: "private", owner: 200, make: archiveOf },
  "DELETE /v1/auth/sessions/:id": {
    kind: "private",
    owner: 204,
    async make({ system, account }) {
      const { email, password } = account.credentials;
      const { body } = await ask<Session>(system.url, "/v1/auth/login", { email, password });
      return `/v1/auth/sessions/${body.sessionId}`;
    },
  },
  "PATCH /v1/auth/passkeys/:id": {
    kind: "private",
    owner: 200,
    body: { name: "my phone" },
    make: async ({ system, ann }) => `/v1/auth/passkeys/${(await addPasskey(system, ann)).id}`,
  },
  "DELETE /v1/auth/passkeys/:id": {
    kind: "private",
    owner: 204,
    make: async ({ system, ann }) => `/v1/auth/passkeys/${(await addPasskey(system, ann)).id}`,
  },
  "DELETE /v1/auth/identities/:id": {
    kind: "private",
    owner: 204,
    make: async ({ system, ann }) => `/v1/auth/identities/${await linkProvider(system, ann)}`,
  },
  "GET /v1/billing/checkout/:id": {
    kind: "private",
    owner: 200,
    make: async (cast) => `/v1/billing/checkout/${(await checkoutOf(cast)).checkoutId}`,
  },
  // A provider's page, played: whoever has its address may pay for her, and sees for what, but not for whom.
  "GET /v1/billing/sandbox/checkouts/:token": {
    kind: "address",
    others: 200,
    make: async (cast) => new URL((await checkoutOf(cast)).redirectUrl).pathname,
  },
  "POST /v1/billing/sandbox/checkouts/:token/pay": {
    kind: "address",
    others: 200,
    make: async (cast) => `${new URL((await checkoutOf(cast)).redirectUrl).pathname}/pay`,
  },
  "PUT /v1/blocks/:memberId": {
    kind: "anybody",
    owner: 204,
    others: 204,
    make: ({ eve }) => `/v1/blocks/${eve.id}`,
    // Whether there is such a member is told to nobody.
    towards: { address: ({ member }) => `/v1/blocks/${member.id}`, gets: 204 },
  },
  "DELETE /v1/blocks/:memberId": {
    kind: "anybody",
    others: 204,
    // Nobody lifts her block by lifting their own.
    make: ({ dan }) => `/v1/blocks/${dan.id}`,
    towards: { address: ({ member }) => `/v1/blocks/${member.id}`, gets: 204 },
  },
  "GET /v1/profiles/:memberId": {
    kind: "private",
    owner: 200,
    make: ({ ben }) => `/v1/profiles/${ben.id}`,
    towards: { address: ({ member }) => `/v1/profiles/${member.id}` },
  },
  "GET /v1/conversations/:id/messages": conversation("/messages", { owner: 200 }),
  "POST /v1/conversations/:id/messages": conversation("/messages", {
    owner: 201,
    body: { clientMessageId: newId(), type: "text", text: "hello" },
  }),
  "PUT /v1/conversations/:id/mute": conversation("/mute", { owner: 204, body: { muted: true } }),
  "PUT /v1/conversations/:id/read": conversation("/read", { owner: 204, body: { seq: 1 } }),
  "GET /v1/matches/:id": match(200),
  // Who is hidden for a time is still matched, and to end that is her right.
  "DELETE /v1/matches/:id": match(204, { suspended: 204, banned: 204, deleting: 204 }),
};

/** Tried last, in this order: what is gone can't be tried again. */
export const endsTheObject = [
  "DELETE /v1/admin/members/:id/sessions",
  "PUT /v1/admin/members/:id/roles",
  "POST /v1/admin/members/:id/age",
  "POST /v1/admin/members/:id/status",
  "DELETE /v1/matches/:id",
  "PUT /v1/blocks/:memberId",
  "DELETE /v1/blocks/:memberId",
];

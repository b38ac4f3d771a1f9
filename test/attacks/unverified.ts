import type { System } from "@kismet/testing";
import { newId } from "@kismet/testing";
import type { Test } from "tap";
import { SystemMember } from "../member.ts";
import { askSocket, openWorkshop } from "./forged-tokens.ts";
import { routeTable } from "./route-table.ts";

/** Of oneself alone, whatever the account's status: to see it, to leave, and to get back. */
const openToAll = [
  "GET /v1/auth/me",
  "DELETE /v1/auth/me",
  "GET /v1/auth/me/restriction",
  "POST /v1/auth/me/appeals",
  "POST /v1/auth/me/hide",
  "POST /v1/auth/me/show",
  "POST /v1/auth/me/restore",
  "POST /v1/auth/me/export",
  "GET /v1/auth/me/exports",
  "GET /v1/auth/me/exports/:id/archive",
  "GET /v1/auth/age",
  "POST /v1/auth/age/checks",
  "PUT /v1/auth/age/jurisdiction",
  "POST /v1/auth/logout",
  "POST /v1/auth/logout-all",
  "GET /v1/auth/sessions",
  "DELETE /v1/auth/sessions/:id",
  "GET /v1/auth/factors",
  "GET /v1/auth/identities",
  "GET /v1/auth/passkeys",
  "POST /v1/auth/password/change",
  "POST /v1/auth/step-up",
  "POST /v1/auth/step-up/code",
  "POST /v1/auth/step-up/passkey",
  // What has been paid for can be looked at and cancelled: nobody is kept paying.
  "GET /v1/billing/entitlements",
  "GET /v1/billing/subscription",
  "POST /v1/billing/subscription/cancel",
  "POST /v1/billing/subscription/resume",
];

/** A14 Before an address is verified nothing touches other members: each route that knows its member, at edge and service. */
export async function attackUnverified(t: Test, system: System, good: string): Promise<void> {
  const { signed, header, claims } = await openWorkshop(system, good);
  const id = newId();
  const more = { sub: id, sid: newId(), jti: newId(), st: "unverified", roles: ["admin"] };
  const token = signed(header, { ...claims, ...more });
  const member = new SystemMember(system.url, { id, token });
  const known = routeTable.filter(({ policy }) => policy.auth === "member" || policy.auth === "staff");
  const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
  t.same(
    known
      .filter(({ policy }) => policy.anyStatus === true)
      .map(nameOf)
      .sort(),
    [...openToAll].sort(),
    "which are open to all is known",
  );
  const closed = known.filter((route) => !openToAll.includes(nameOf(route)) && route.websocket !== true);
  t.ok(closed.length > 50, `${closed.length} routes`);
  for (const route of closed) {
    const address = route.path.replace(":provider", "google").replaceAll(/:\w+/g, () => newId());
    const body = route.method === "GET" || route.method === "DELETE" ? undefined : {};
    for (const url of [system.url, system.instances(route.service)[0]?.url ?? ""]) {
      const { status, body: answer } = await member.call(route.method, address, body, { url });
      const at = url === system.url ? "the gateway" : route.service;
      t.same([status, answer.code], [403, "ACCOUNT_NOT_ACTIVE"], `${nameOf(route)} at ${at}`);
    }
  }
  for (const url of [system.url, system.instances("chat")[0]?.url ?? ""])
    t.same(await askSocket(url, token), { status: 403, code: "ACCOUNT_NOT_ACTIVE" }, "the socket");
}

import assert from "node:assert/strict";
import { type AgeCheck, apiKeyHeader, type IssuedKey, type RoutePolicy } from "@kismet/contracts";
import { signBody } from "@kismet/service-kit";
import { eventually, newId, secretOfSystem, type System } from "@kismet/testing";
import type { SystemMember } from "../member.ts";
import { signUp } from "../sign-up.ts";
import type { Called } from "./openapi-document.ts";
import { routeTable } from "./route-table.ts";
import { newStaff } from "./ways-in.ts";

export type Credential = Record<string, string>;
type Role = NonNullable<RoutePolicy["roles"]>[number];

/**
 * Whom each operation is meant for: asked by anybody else only its lock is tried. Members are the test's own, since what
 * they do to themselves ends them.
 */
export type Callers = {
  /** `turn` chooses among the roles that it opens to. */
  headersFor(called: Called, by: { member: SystemMember; body: string | Buffer; turn?: number }): Credential;
  /** Of a client that nobody needs. */
  spareClient: string;
};

/** What signs the bodies of webhooks, and where. A new one without a line here fails. */
const webhooks: Record<string, { secret: string; header: string }> = {
  "/v1/auth/age/results": { secret: "auth-age-sandbox", header: "x-age-signature" },
  "/v1/auth/age/sandbox/checks": { secret: "auth-age-sandbox", header: "x-age-signature" },
  "/v1/billing/webhooks/sandbox": { secret: "billing-sandbox", header: "x-sandbox-signature" },
};

function policyOf({ method, path }: Called): RoutePolicy {
  const inTable = path.replaceAll(/\{(\w+)\}/g, ":$1");
  const found = routeTable.find((route) => route.method === method && route.path === inTable);
  assert.ok(found, `${method} ${path} is in the route table`);
  return found.policy;
}

function signed(path: string, body: string | Buffer): Credential {
  const webhook = webhooks[path];
  assert.ok(webhook, `${path} has a line of webhooks`);
  return { [webhook.header]: signBody(secretOfSystem(webhook.secret), body, new Date()) };
}

export async function gatherCallers(system: System): Promise<Callers> {
  const roles = ["moderator", "support", "admin"] as const satisfies Role[];
  const hired = await Promise.all(roles.map((role) => newStaff(system, role)));
  const staff = new Map(roles.map((role, i) => [role as Role, hired[i]?.staff]));
  const register = async () => {
    const name = `client ${newId().slice(-12)}`;
    const issued = await staff.get("admin")?.call<IssuedKey>("POST", "/v1/admin/clients", { name });
    assert.equal(issued?.status, 201);
    return issued.body;
  };
  const [{ key }, spare] = await Promise.all([register(), register()]);
  const asClient = { [apiKeyHeader]: key };
  await eventually(async () => {
    const answer = await fetch(`${system.url}/v1/auth/client`, { headers: asClient });
    assert.equal(answer.status, 200, await answer.text());
  });
  return {
    spareClient: spare.clientId,
    headersFor(called, { member, body, turn = 0 }) {
      const { auth, roles: opensTo = [] } = policyOf(called);
      const byToken = (who: SystemMember | undefined) => ({ authorization: `Bearer ${who?.token}` });
      if (auth === "client") return asClient;
      if (auth === "webhook") return signed(called.path, body);
      const role = opensTo[turn % Math.max(opensTo.length, 1)];
      return byToken(role === undefined ? member : staff.get(role));
    },
  };
}

/** What a provider has found of somebody who waits for it: no other result is taken. */
export async function newAgeResult(system: System): Promise<object> {
  const { member } = await signUp(system);
  await member.callPatiently("PUT", "/v1/auth/age/jurisdiction", { jurisdiction: "IT" });
  const { body } = await member.callPatiently<AgeCheck>("POST", "/v1/auth/age/checks", {
    method: "document",
  });
  const [row] = await system.world.sql<{ ref: string }>(
    "SELECT provider_ref AS ref FROM auth.age_checks WHERE id = $1",
    [body.id],
  );
  const decidedAt = new Date().toISOString();
  return {
    id: newId(),
    reference: body.id,
    ref: row?.ref,
    decidedAt,
    found: "document",
    birthDate: "1990-01-01",
  };
}

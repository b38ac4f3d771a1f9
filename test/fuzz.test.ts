import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { newId, spawnSystem } from "@kismet/testing";
import fc from "fast-check";
import t from "tap";
import { valid, nastyValue, nearlyValid } from "./attacks/from-schema.ts";
import { type Called, departures, operations, type Parameter } from "./attacks/openapi-document.ts";
import { plantFields } from "./attacks/mass-assignment.ts";
import { fillProfile, matchThem, type SystemMember } from "./member.ts";
import { signUp } from "./sign-up.ts";

t.setTimeout(240_000);

/** Of each operation: a third valid, a third nearly, a third anything. */
const perOperation = Number(process.env["KISMET_FUZZ_RUNS"] ?? 20);
const seed = Number(process.env["KISMET_FUZZ_SEED"] ?? randomInt(2 ** 31));
const atOnce = 6;
t.comment(`KISMET_FUZZ_SEED=${seed} replays this run`);

const system = await spawnSystem(t, { auth: "real" });
const ids: string[] = [newId()];

type Request = { path: string; query: string; headers: Record<string, string>; body: string | undefined };
type Made = {
  params: Record<string, unknown>;
  query: Record<string, unknown>;
  headers: Record<string, unknown>;
  body: unknown;
};

/** Somebody whose profile, match and conversation are there to be found. */
async function newMember(): Promise<SystemMember> {
  const [one, other] = await Promise.all([signUp(system), signUp(system)]);
  await Promise.all([one, other].map(({ member }) => fillProfile(member, "Robin")));
  const matchId = await matchThem(one.member, other.member);
  ids.push(one.member.id, other.member.id, matchId, one.session.sessionId);
  return one.member;
}

function arbitraryOf({ operation }: Called, kind: number): fc.Arbitrary<Made> {
  const make = kind === 0 ? valid : nearlyValid;
  const part = (place: string) => {
    const named = (operation.parameters ?? []).filter((each) => each.in === place);
    const one = ({ schema = {} }: Parameter) =>
      kind === 2 ? fc.oneof(nastyValue, make(schema, ids)) : make(schema, ids);
    const required = named
      .filter((each) => each.required === true || place === "path")
      .map(({ name }) => name);
    const record = fc.record(Object.fromEntries(named.map((each) => [each.name, one(each)])), {
      requiredKeys: required,
    });
    return kind === 2 && place === "query" ? record.map((query) => ({ ...query, planted: "1" })) : record;
  };
  const schema = operation.requestBody?.content["application/json"]?.schema;
  const body = schema
    ? kind === 2
      ? fc.oneof(fc.jsonValue(), nastyValue)
      : make(schema, ids)
    : fc.constant(undefined);
  return fc.record({ params: part("path"), query: part("query"), headers: part("header"), body });
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/** What can't be written in an address, half a character for one, is written as what stands for it. */
const escaped = (value: unknown) => encodeURIComponent(asText(value).toWellFormed());

function written(called: Called, made: Made): Request {
  const path = called.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => escaped(made.params[name]) || "%20");
  const query = Object.entries(made.query).map(([name, value]) => `${escaped(name)}=${escaped(value)}`);
  const headers = Object.entries(made.headers).map(([name, value]) => [
    name,
    asText(value).replaceAll(/[^\x20-\x7e]/g, ""),
  ]);
  return {
    path,
    query: query.length > 0 ? `?${query.join("&").slice(0, 4_000)}` : "",
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: made.body === undefined ? undefined : JSON.stringify(made.body),
  };
}

const mustHave = [
  "x-request-id",
  "x-content-type-options",
  "strict-transport-security",
  "content-security-policy",
  "cache-control",
];

async function send(called: Called, request: Request, member: SystemMember | undefined): Promise<string[]> {
  const { path, query, headers, body } = request;
  const response = await fetch(system.url + path + query, {
    method: called.method,
    redirect: "manual",
    headers: {
      ...(member ? { authorization: `Bearer ${member.token}` } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  const faults = departures(called, { status: response.status, type, text });
  faults.push(...mustHave.filter((name) => !response.headers.has(name)).map((name) => `lacks ${name}`));
  statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
  return faults.map(
    (fault) => `${fault}\n  ${called.method} ${path}${query}\n  ${(body ?? "").slice(0, 600)}`,
  );
}

const statuses = new Map<number, number>();

/** Some operations end what they are called by; whoever comes next begins anew. */
async function isGood(member: SystemMember): Promise<boolean> {
  const { status, body } = await member.call<{ status?: string }>("GET", "/v1/auth/me");
  return status === 200 && String(body.status) === "active";
}

await t.test(
  "A05 A08 whatever is sent to whatever address, the answer is one that the document has",
  async (t) => {
    let member = await newMember();
    let count = 0;
    // A socket is no request: test/attacks/forged-tokens.ts and chat's own tests speak to it.
    const called = operations.filter(({ path }) => path !== "/v1/chat/socket");
    for (const each of called) {
      const name = `${each.method} ${each.path}`;
      if (!(await isGood(member))) member = await newMember();
      const made = [0, 1, 2].flatMap((kind) =>
        fc.sample(arbitraryOf(each, kind), { seed: seed + kind, numRuns: Math.ceil(perOperation / 3) }),
      );
      const waiting = made.map((one) => written(each, one));
      const faults: string[] = [];
      const work = async () => {
        for (let request = waiting.pop(); request; request = waiting.pop()) {
          // One in twelve as a stranger.
          count += 1;
          faults.push(...(await send(each, request, count % 12 === 0 ? undefined : member)));
        }
      };
      await Promise.all(Array.from({ length: atOnce }, work));
      t.same(faults.slice(0, 3), [], `${name}: ${made.length} requests`);
    }
    const told = [...statuses].sort(([a], [b]) => a - b).map(([status, times]) => `${status}: ${times}`);
    t.comment(`${count} requests; ${told.join(", ")}`);
    t.ok(count > 2_000, `${count} requests`);
    for (const status of [200, 400, 401, 404]) assert.ok(statuses.has(status), `some are answered ${status}`);
  },
);

await t.test("A05 what nobody may say of themselves is refused in every body", async (t) =>
  plantFields(t, system, await newMember(), seed),
);

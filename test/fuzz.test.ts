import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { newId, spawnSystem } from "@kismet/testing";
import fc from "fast-check";
import t from "tap";
import { type Credential, gatherCallers, newAgeResult } from "./attacks/callers.ts";
import { nastyValue, nearlyValid, type Schema, valid } from "./attacks/from-schema.ts";
import { type Called, departures, operations, type Parameter } from "./attacks/openapi-document.ts";
import { plantFields } from "./attacks/mass-assignment.ts";
import { type Body, formOf, formType, otherBodies, strangeForm } from "./attacks/other-bodies.ts";
import { attackSockets } from "./attacks/socket-frames.ts";
import { fillProfile, matchThem, type SystemMember } from "./member.ts";
import { ask, mailTo, signUp } from "./sign-up.ts";

t.setTimeout(240_000);

/** Of each operation: a third valid, a third nearly, a third anything. */
const perOperation = Number(process.env["KISMET_FUZZ_RUNS"] ?? 12);
const seed = Number(process.env["KISMET_FUZZ_SEED"] ?? randomInt(2 ** 31));
const socketRuns = perOperation * 6;
const atOnce = 6;
/** Each of so many requests, for an operation that none has reached. */
const moreTries = 20;
t.comment(`KISMET_FUZZ_SEED=${seed} replays this run`);

const system = await spawnSystem(t, { auth: "real" });
const callers = await gatherCallers(system);
const ids: string[] = [newId(), callers.spareClient];

/** Of links in mails, so that forms do something now and then. */
const tokens: string[] = [];

type Request = {
  path: string;
  query: string;
  headers: Record<string, string>;
  body: Body | undefined;
  /** Of a type that the operation does not take. */
  isForeign?: boolean;
};
type Made = {
  params: Record<string, unknown>;
  query: Record<string, unknown>;
  headers: Record<string, unknown>;
  body: unknown;
};

/** Auth needs none of what makes a member to be found. */
const isOfAuth = (path: string) => /^\/(v1\/)?(auth|admin)\//.test(path);

/** Somebody whose profile, match and conversation are there to be found, unless only auth is asked. */
async function newMember(path = "/"): Promise<SystemMember> {
  if (isOfAuth(path)) return (await signUp(system)).member;
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
  const content = operation.requestBody?.content ?? {};
  const body = bodyOf(content["application/json"]?.schema ?? content[formType]?.schema);
  return fc.record({ params: part("path"), query: part("query"), headers: part("header"), body });

  function bodyOf(schema: Schema | undefined): fc.Arbitrary<unknown> {
    if (!schema) return fc.constant(undefined);
    return kind === 2 ? fc.oneof(fc.jsonValue(), nastyValue) : make(schema, ids);
  }
}

const isForm = ({ operation }: Called) => operation.requestBody?.content[formType] !== undefined;

function encoded(called: Called, made: unknown): Body | undefined {
  if (made === undefined) return undefined;
  return isForm(called) ? formOf(made) : { type: "application/json", body: JSON.stringify(made) };
}

/** Of an operation that takes a body: those of other types, and of forms the strange ones; each with good rest. */
function otherwise(called: Called, good: Request[]): Request[] {
  const [first] = good;
  if (!first || called.operation.requestBody === undefined) return [];
  const strange = isForm(called) ? fc.sample(strangeForm, { seed, numRuns: perOperation }) : [];
  const isTaken = isForm(called) ? formType : "application/json";
  return [...otherBodies, ...strange].map((body, i) => ({
    ...(good[i % good.length] ?? first),
    body,
    isForeign: !body.type.startsWith(isTaken),
  }));
}

/** One in two asks with a token that is good. */
function withToken(made: Made, i: number): Made {
  const token = tokens[i % (tokens.length * 2)];
  if (token === undefined) return made;
  const put = (part: unknown) =>
    typeof part === "object" && part !== null && "token" in part ? { ...part, token } : part;
  return { ...made, query: put(made.query) as Made["query"], body: put(made.body) };
}

/** With nothing that need not be there, and a body that a handler goes on with where chance would find none. */
async function willingly(called: Called, made: Made): Promise<Made> {
  const { parameters = [] } = called.operation;
  const needed = parameters.filter((each) => each.in === "query" && each.required === true);
  const query = Object.fromEntries(needed.map(({ name }) => [name, made.query[name]]));
  return {
    ...made,
    query,
    ...(called.path === "/v1/auth/age/results" ? { body: await newAgeResult(system) } : {}),
  };
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
    body: encoded(called, made.body),
  };
}

const mustHave = [
  "x-request-id",
  "x-content-type-options",
  "strict-transport-security",
  "content-security-policy",
  "cache-control",
];

/** Any other may lead nowhere, which is found out before there is a body. */
const plainAddress = /^(\/[\w.-]{1,200})+$/;

async function send(called: Called, request: Request, credential: Credential): Promise<string[]> {
  const { path, query, headers, body } = request;
  const response = await fetch(system.url + path + query, {
    method: called.method,
    redirect: "manual",
    headers: {
      ...credential,
      ...(body === undefined ? {} : { "content-type": body.type }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: body.body }),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  const faults = departures(called, { status: response.status, type, text });
  // Who asks and how often is looked at before; what is in the body never.
  if (
    request.isForeign === true &&
    plainAddress.test(path) &&
    ![401, 403, 404, 413, 415, 429].includes(response.status)
  )
    faults.push(`reads ${body?.type}`);
  faults.push(...mustHave.filter((name) => !response.headers.has(name)).map((name) => `lacks ${name}`));
  statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
  noteReached(called, path, { status: response.status, text });
  return faults.map(
    (fault) =>
      `${fault}\n  ${called.method} ${path}${query}\n  ${body?.type} ${body?.body.toString().slice(0, 600)}`,
  );
}

const statuses = new Map<number, number>();
/** Operations of which something was answered by more than what stands before their handler. */
const reached = new Set<string>();

/** With which the way to a handler ends: who asks, how often, and what. */
const locks = new Set([
  ...["UNAUTHENTICATED", "CLIENT_KEY_REFUSED", "FORBIDDEN", "RATE_LIMITED", "GATEWAY_ORIGIN_REFUSED"],
  ...["VALIDATION_FAILED", "NOT_FOUND", "BODY_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "HEADERS_TOO_LARGE"],
]);

function noteReached(
  { method, path }: Called,
  asked: string,
  { status, text }: { status: number; text: string },
): void {
  const code = status >= 400 && text.startsWith("{") ? (JSON.parse(text) as { code: string }).code : "";
  // Of an address that leads somewhere it says that a handler has looked in vain.
  const isSought = code === "NOT_FOUND" && plainAddress.test(asked);
  if (isSought || !(locks.has(code) || [400, 415, 429].includes(status))) reached.add(`${method} ${path}`);
}

/** Some operations end what they are called by; whoever comes next begins anew. */
async function isGood(member: SystemMember): Promise<boolean> {
  const { status, body } = await member.call<{ status?: string }>("GET", "/v1/auth/me");
  return status === 200 && String(body.status) === "active";
}

/** Of somebody else each: what they do is done once. */
async function collectTokens(): Promise<void> {
  const { mail, url } = system;
  assert.ok(mail);
  const [ann, ben, cat] = await Promise.all([signUp(system), signUp(system), signUp(system)]);
  const { email } = ann.credentials;
  await ask(url, "/v1/auth/password/forgot", { email });
  await ben.member.call("DELETE", "/v1/auth/me");
  await cat.member.call("POST", "/v1/auth/me/export");
  for (const [address, page] of [
    [email, "reset-password"],
    [ben.credentials.email, "restore-account"],
    [cat.credentials.email, "archive"],
  ] as const) {
    const link = new RegExp(`${page}\\?token=([\\w.-]+)`);
    tokens.push(link.exec(await mailTo(mail, address, link))?.[1] ?? "");
  }
}

await t.test(
  "A05 A08 whatever is sent to whatever address, the answer is one that the document has",
  async (t) => {
    await collectTokens();
    const members = { auth: await newMember("/v1/auth/me"), others: await newMember() };
    let count = 0;
    // A socket is no request: it is spoken to below.
    const called = operations.filter(({ path }) => path !== "/v1/chat/socket");
    for (const each of called) {
      const name = `${each.method} ${each.path}`;
      const kind = isOfAuth(each.path) ? "auth" : "others";
      if (!(await isGood(members[kind]))) members[kind] = await newMember(each.path);
      const member = members[kind];
      const made = [0, 1, 2].flatMap((kind) =>
        fc.sample(arbitraryOf(each, kind), { seed: seed + kind, numRuns: Math.ceil(perOperation / 3) }),
      );
      const [first] = made;
      assert.ok(first);
      made.push(await willingly(each, first));
      const requests = made.map((one, i) => written(each, withToken(one, i)));
      const waiting = [...requests, ...otherwise(each, requests)];
      const total = waiting.length;
      const faults: string[] = [];
      const work = async () => {
        for (let request = waiting.pop(); request; request = waiting.pop()) {
          // One in twelve as a stranger.
          count += 1;
          const by = { member, body: request.body?.body ?? "", turn: count };
          faults.push(...(await send(each, request, count % 12 === 0 ? {} : callers.headersFor(each, by))));
        }
      };
      await Promise.all(Array.from({ length: atOnce }, work));
      // What two fields say of each other no schema has: then chance needs some more tries.
      for (let more = 0; more < moreTries && !reached.has(name); more += 1) {
        const others = fc.sample(arbitraryOf(each, 0), { seed: seed + 3 + more, numRuns: atOnce });
        waiting.push(...others.map((one) => written(each, one)));
        await work();
      }
      t.same(faults.slice(0, 3), [], `${name}: ${total} requests`);
    }
    const told = [...statuses].sort(([a], [b]) => a - b).map(([status, times]) => `${status}: ${times}`);
    t.comment(`${count} requests; ${told.join(", ")}`);
    t.ok(count > 2_000, `${count} requests`);
    t.same(
      called.map(({ method, path }) => `${method} ${path}`).filter((name) => !reached.has(name)),
      [],
      "each was asked by somebody who may, for what it takes",
    );
    for (const status of [200, 400, 401, 404]) assert.ok(statuses.has(status), `some are answered ${status}`);
  },
);

await t.test(
  "A08 A02 whatever is sent over the chat's socket, it answers or closes with a reason",
  async (t) => attackSockets(t, system, { member: await newMember(), ids, seed, runs: socketRuns }),
);

await t.test("A05 what nobody may say of themselves is refused in every body", async (t) =>
  plantFields(t, system, { member: await newMember(), callers, seed }),
);

await t.test("A08 none of it was anybody's fault but the sender's", async (t) => {
  const faults = system.lines.filter(({ text }) => /"level":"(error|fatal)"/.test(text));
  t.same(
    faults.slice(0, 3).map(({ service, text }) => `${service}: ${text.slice(0, 600)}`),
    [],
    "no service says that somebody should look",
  );
});

import { readdirSync, readFileSync } from "node:fs";
import * as contracts from "@kismet/contracts";
import {
  defineEvent,
  defineRequest,
  defineSignal,
  type DomainService,
  domainServices,
  type EventContract,
  limitClasses,
  type RequestContract,
  type RouteTableEntry,
  serviceNames,
  type SignalContract,
  strict,
  upstreamKey,
} from "@kismet/contracts";
import { serviceEnvironment } from "@kismet/dev";
import { type App, type Parts, unboundedPlaces } from "@kismet/service-kit";
import { createWorld, memberToken, newId, startTestService, type World } from "@kismet/testing";
import { connect } from "@nats-io/transport-node";
import t, { type Test } from "tap";
import { type TObject, Type } from "typebox";

t.setTimeout(90_000);

type Running = { service: DomainService; url: string; app: App };
/** As services declare them, whether they know it or not: the checks read the declarations. */
type Operation = {
  parameters?: { in: string; name: string; schema?: unknown }[];
  requestBody?: { content: Record<string, { schema: unknown }> };
  responses?: Record<string, { content?: Record<string, { schema?: unknown }> }>;
};
type Document = { paths: Record<string, Record<string, Operation>> };

const policies = ["public", "member", "staff", "webhook", "client"];
const longestMs = 30_000;
const largestBody = 16 * 1_024 * 1_024;

/** Well formed, with nobody there. */
function settingsOf(service: (typeof serviceNames)[number], world: World): Record<string, string> {
  const nowhere = "http://127.0.0.1:9";
  const variables = serviceEnvironment(service, {
    env: "test",
    port: 0,
    opsPort: 0,
    databaseUrl: service === "gateway" ? "" : world.databaseUrl(service),
    natsUrl: world.natsUrl,
    redisUrl: world.redisUrl,
    smtpUrl: "smtp://127.0.0.1:9",
    publicUrl: nowhere,
    urlOf: () => nowhere,
    secret: (name) => name.padEnd(64, "-of-a-test"),
  });
  const keyOf = (variable: string) =>
    variable
      .slice("KISMET_".length)
      .toLowerCase()
      .replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [keyOf(name), value]));
}

type Module = { Config: TObject; buildApp: (parts: Parts) => Promise<App> };

async function modulesOf(service: (typeof serviceNames)[number]): Promise<Module> {
  const folder = new URL(`../services/${service}/src/`, import.meta.url);
  const { Config } = (await import(new URL("config.ts", folder).href)) as Pick<Module, "Config">;
  const { buildApp } = (await import(new URL("app.ts", folder).href)) as Pick<Module, "buildApp">;
  return { Config, buildApp };
}

async function start(t: Test, world: World, service: DomainService): Promise<Running> {
  const { Config, buildApp } = await modulesOf(service);
  const settings = { ...settingsOf(service, world), logLevel: "silent" };
  const { app, url } = await startTestService(t, world, {
    name: service,
    config: Config,
    settings: settings as never,
    buildApp: async (parts) => {
      const built = await buildApp(parts);
      plantBareRoutes(t, service, built);
      return built;
    },
  });
  return { service, app, url };
}

const policy = {
  auth: "public",
  limit: "read",
  bodyLimit: 1_024,
  timeoutMs: 1_000,
  idempotent: true,
} as const;
const schema = { summary: "planted", response: { 200: strict({ ok: Type.Boolean() }) } };
const open = Type.Object({ text: Type.String({ maxLength: 9 }) });

/** Routes that lack one thing each; the first has all, and shows that it is the lack which is refused. */
const planted: [lack: string, url: string, route: object][] = [
  ["nothing", "/v1/planted/good", { schema, config: { policy } }],
  ["a policy", "/v1/planted/policy", { schema }],
  ["any schema", "/v1/planted/schema", { config: { policy } }],
  ["a schema of its answers", "/v1/planted/answer", { schema: { summary: "planted" }, config: { policy } }],
  ["a schema of its parameters", "/v1/planted/:id", { schema, config: { policy } }],
  ["a closed body", "/v1/planted/body", { schema: { ...schema, body: open }, config: { policy } }],
  [
    "a bound on a string",
    "/v1/planted/query",
    { schema: { ...schema, querystring: strict({ q: Type.String() }) }, config: { policy } },
  ],
  [
    "a bound on a header",
    "/v1/planted/header",
    { schema: { ...schema, headers: strict({ "x-any": Type.String() }) }, config: { policy } },
  ],
  [
    "a bound on a list that it answers",
    "/v1/planted/list",
    { schema: { ...schema, response: { 200: Type.Array(Type.Null()) } }, config: { policy } },
  ],
];

function plantBareRoutes(t: Test, service: DomainService, app: App): void {
  for (const [lack, url, route] of planted) {
    const plant = () =>
      app.route({ method: "POST", url, handler: async () => ({ ok: true }), ...route } as never);
    if (lack === "nothing") {
      plant();
      // It is not the service's: what follows looks at its own.
      app.routeTable.pop();
    } else t.throws(plant, { name: "RouteRefused" }, `${service} refuses a route without ${lack}`);
  }
}

function provesPolicies(t: Test, { service, app }: Running): void {
  t.ok(app.routeTable.length > 0, `${service} has routes`);
  for (const { method, path, policy: stated } of app.routeTable) {
    const name = `${method} ${path}`;
    t.ok(policies.includes(stated.auth), `${name} says who may`);
    t.ok(limitClasses.includes(stated.limit), `${name} has a limit (A07)`);
    t.ok(stated.timeoutMs > 0 && stated.timeoutMs <= longestMs, `${name} has a deadline (A09)`);
    t.ok(stated.bodyLimit > 0 && stated.bodyLimit <= largestBody, `${name} bounds its body (A44)`);
    t.type(stated.idempotent, "boolean", `${name} says whether it may be repeated`);
    // Pages are for people, and no program is written against them.
    if (stated.page === true) t.match(path, /^\/auth\//, `${name} is where pages are`);
    else t.match(path, /^\/(v1|\.well-known)\//, `${name} has a version (A32)`);
  }
}

/** The address as OpenAPI writes it. */
function documented(path: string): string {
  return path.replaceAll(/:([A-Za-z]+)/g, "{$1}");
}

function provesSchemas(t: Test, { app }: Running): void {
  const { paths } = app.swagger() as unknown as Document;
  for (const { method, path, websocket } of app.routeTable) {
    const name = `${method} ${path}`;
    const operation = paths[documented(path)]?.[method.toLowerCase()];
    if (websocket === true) continue;
    if (!operation) {
      t.fail(`${name} is in no document`);
      continue;
    }
    const { parameters = [], requestBody, responses = {} } = operation;
    const inPath = parameters.filter((each) => each.in === "path").map((each) => each.name);
    t.same(
      inPath.sort(),
      [...path.matchAll(/:([A-Za-z]+)/g)].map((each) => each[1]).sort(),
      `${name}: params`,
    );
    const schemas: [string, unknown][] = [
      ...parameters.map((each): [string, unknown] => [`${each.in} ${each.name}`, each.schema]),
      ...Object.values(requestBody?.content ?? {}).map((each): [string, unknown] => ["body", each.schema]),
      ...Object.entries(responses).flatMap(([status, { content = {} }]) =>
        Object.values(content).map((each): [string, unknown] => [`answer ${status}`, each.schema]),
      ),
    ];
    t.same(
      schemas.flatMap(([where, found]) => unboundedPlaces(found, where)),
      [],
      `${name}: all of it is closed and bounded (A05, A44)`,
    );
    // A redirect is an answer too.
    const good = Object.keys(responses).filter((status) => /^[23]/.test(status));
    t.ok(good.length > 0 && responses["default"], `${name} says what it answers, and what an error is`);
  }
}

/** Addresses with something in the place of each parameter. */
function filled(path: string): string {
  return path.replaceAll(/:[A-Za-z]+/g, newId());
}

type Asked = { status: number; code?: string };

async function ask(
  url: string,
  { method, path }: RouteTableEntry,
  token: string,
  given: object,
): Promise<Asked> {
  const { query = "", body, headers } = given as { query?: string; body?: unknown; headers?: object };
  const response = await fetch(`${url}${filled(path)}${query}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  const { code } = (type.includes("json") ? JSON.parse(text) : {}) as { code?: string };
  return { status: response.status, ...(code === undefined ? {} : { code }) };
}

/** What a route declares it also does. */
async function provesBehaviour(t: Test, world: World, { app, url }: Running): Promise<void> {
  const token = memberToken(world, { roles: ["admin", "moderator", "support"] });
  const { paths } = app.swagger() as unknown as Document;
  for (const route of app.routeTable.filter(({ websocket }) => websocket !== true)) {
    const name = `${route.method} ${route.path}`;
    const late = await ask(url, route, token, { headers: { "x-deadline-ms": "0" } });
    t.same(late, { status: 504, code: "DEADLINE_EXCEEDED" }, `${name} keeps the caller's deadline (A23)`);
    if (route.policy.auth !== "webhook") {
      const hasBody = paths[documented(route.path)]?.[route.method.toLowerCase()]?.requestBody !== undefined;
      const refused = await ask(url, route, token, {
        query: "?planted=1",
        ...(hasBody ? { body: { planted: 1 } } : {}),
      });
      t.same(
        refused,
        { status: 400, code: "VALIDATION_FAILED" },
        `${name} refuses what it does not know (A05)`,
      );
    }
    if (route.policy.auth === "public" || route.policy.auth === "webhook") continue;
    const stranger = await ask(url, route, "nobody", {});
    t.same(stranger, { status: 401, code: "UNAUTHENTICATED" }, `${name} looks at the token itself`);
  }
}

async function provesGateway(
  t: Test,
  world: World,
  { running, ofAuth }: { running: Running[]; ofAuth: RouteTableEntry[] },
): Promise<void> {
  const table = [...running.flatMap(({ app }) => app.routeTable), ...ofAuth];
  const { Config, buildApp } = await modulesOf("gateway");
  const upstream = (service: DomainService) => [
    // Auth is played by a stand-in here, which has no HTTP: limits come before that matters.
    running.find((each) => each.service === service)?.url ?? "http://127.0.0.1:9",
  ];
  const gateway = await startTestService(t, world, {
    name: "gateway",
    config: Config,
    buildApp,
    settings: {
      ...settingsOf("gateway", world),
      logLevel: "silent",
      ...Object.fromEntries(domainServices.map((service) => [upstreamKey(service), upstream(service)])),
      // The least that there is: one request, or a hundredth of the usual.
      limitScale: 0.01,
    } as never,
  });
  const sorted = (all: readonly RouteTableEntry[]) =>
    all.map((each) => `${each.method} ${each.path} ${JSON.stringify(each)}`).sort();
  t.same(
    sorted(gateway.app.routeTable),
    sorted(table),
    "the gateway's table is that of the services, all of it",
  );
  const token = memberToken(world);
  for (const route of table) {
    let answer: Asked = { status: 0 };
    for (let i = 0; i < 150 && answer.status !== 429; i += 1)
      answer = await ask(gateway.url, route, token, {
        query: "?planted=1",
        headers: { "x-deadline-ms": "500" },
      });
    const limited = { status: 429, ...(route.policy.page === true ? {} : { code: "RATE_LIMITED" }) };
    t.same(answer, limited, `${route.method} ${route.path} has a limit (A07)`);
  }
}

type Contract = RequestContract | EventContract | SignalContract;

function isContract(value: unknown): value is Contract {
  return typeof value === "object" && value !== null && "kind" in value && "subject" in value;
}

function contractsOfAll(): Contract[] {
  return (Object.values(contracts) as unknown[]).filter(isContract);
}

function provesContracts(t: Test): void {
  const all = contractsOfAll();
  t.ok(all.length > 8, `${all.length} subjects have a contract`);
  const subjects = all.map(({ subject }) => (typeof subject === "string" ? subject : subject("id")));
  t.equal(new Set(subjects).size, subjects.length, "each subject has one");
  for (const contract of all) {
    if (contract.kind === "request") {
      t.match(contract.subject, /^[a-z]+\.v1\.[a-z-]+\.[a-z-]+$/);
      t.same(unboundedPlaces(contract.request, "request"), [], `${contract.subject}: request`);
      t.same(unboundedPlaces(contract.reply, "reply"), [], `${contract.subject}: reply`);
      t.ok(contract.timeoutMs > 0 && contract.timeoutMs <= longestMs, `${contract.subject} has a deadline`);
    } else {
      const name = contract.kind === "event" ? contract.subject : contract.subject("id");
      t.match(name, contract.kind === "event" ? /^events\.[a-z]+\.[a-z-]+\.[a-z]+$/ : /^[a-z]+\.[a-z]+\.id$/);
      t.same(unboundedPlaces(contract.payload, "payload"), [], `${name}: payload`);
    }
  }
  provesThatBareSubjectsAreRefused(t);
}

/** Each of these lines fails the type check once the lack above it is accepted; without a type check they throw. */
function provesThatBareSubjectsAreRefused(t: Test): void {
  const subject = "auth.v1.planted.ask";
  const [request, reply] = [strict({}), strict({})];
  const whole = { subject, request, reply, timeoutMs: 1, idempotent: true } as const;
  defineRequest(whole);
  // @ts-expect-error a request without a schema
  t.throws(() => defineRequest({ subject, reply, timeoutMs: 1, idempotent: true }), /has no request:/);
  // @ts-expect-error a reply without a schema
  t.throws(() => defineRequest({ subject, request, timeoutMs: 1, idempotent: true }), /has no reply:/);
  // @ts-expect-error a request without a deadline
  t.throws(() => defineRequest({ subject, request, reply, idempotent: true }), /has no timeoutMs:/);
  const members = () => [];
  // @ts-expect-error an event without a schema
  t.throws(() => defineEvent({ subject: "events.auth.planted.asked", members }), /has no payload:/);
  // @ts-expect-error an event that does not say of whom it tells
  t.throws(() => defineEvent({ subject: "events.auth.planted.asked", payload: request }), /has no members:/);
  // @ts-expect-error an event outside of its place
  defineEvent({ subject: "auth.planted.asked", payload: request, members });
  // @ts-expect-error a signal without a schema
  t.throws(() => defineSignal({ subject: () => subject }), /has no payload:/);
}

type Endpoint = { subject: string; metadata?: Record<string, string> };

/** As NATS itself tells it: what is answered by whom, under which contract. */
async function provesEndpoints(t: Test, world: World): Promise<void> {
  const { hostname, port, username, password } = new URL(world.natsUrl);
  const nats = await connect({ servers: `${hostname}:${port}`, user: username, pass: password });
  t.teardown(() => nats.close());
  const endpoints: Endpoint[] = [];
  const infos = await nats.requestMany("$SRV.INFO", "", {
    strategy: "count",
    maxMessages: domainServices.length,
    maxWait: 10_000,
  });
  for await (const info of infos) {
    const { name, endpoints: own } = info.json<{ name: string; endpoints: Endpoint[] }>();
    t.ok(
      own.every(({ subject }) => subject.startsWith(`${name}.v1.`)),
      `${name} answers for itself only`,
    );
    endpoints.push(...own);
  }
  for (const { subject, metadata = {} } of endpoints) {
    for (const part of ["request", "reply"] as const)
      t.same(unboundedPlaces(JSON.parse(metadata[part] ?? "null"), part), [], `${subject}: ${part}`);
    const timeoutMs = Number(metadata["timeoutMs"]);
    t.ok(timeoutMs > 0 && timeoutMs <= longestMs, `${subject} has a deadline`);
  }
  const answered = new Set(endpoints.map(({ subject }) => subject));
  const asked = contractsOfAll().flatMap((contract) =>
    contract.kind === "request" ? [contract.subject] : [],
  );
  t.same(
    asked.filter((subject) => !answered.has(subject)),
    [],
    "every contract of a request has somebody who answers",
  );
}

/** A subject that somebody writes down beside the contracts would have neither schema nor deadline. */
function provesThatNobodyWritesSubjects(t: Test): void {
  const sources = serviceNames.flatMap((service) => {
    const folder = new URL(`../services/${service}/src/`, import.meta.url);
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
      .map((path) => [`${service}/${path}`, readFileSync(new URL(path, folder), "utf8")] as const);
  });
  t.ok(sources.length > 100, `${sources.length} sources were read`);
  const pattern = /["'`](events\.[a-z]+\.|[a-z]+\.v1\.[a-z])|transport-node|@nats-io/;
  t.same(
    sources.filter(([, text]) => pattern.test(text)).map(([path]) => path),
    [],
    "services name no subject and talk to NATS by the bus alone",
  );
}

let ofAuth: RouteTableEntry[] = [];

await t.test(
  "proof 6: every route and subject has all that it must have (A05, A07, A09, A32, A44)",
  async (t) => {
    const world = await createWorld(t, { realAuth: true });
    const auth = await start(t, world, "auth");
    ofAuth = [...auth.app.routeTable];
    const others = await Promise.all(
      domainServices.filter((name) => name !== "auth").map((service) => start(t, world, service)),
    );
    const running = [auth, ...others];
    for (const each of running) {
      await t.test(`policies of ${each.service}`, async (t) => provesPolicies(t, each));
      await t.test(`schemas of ${each.service}`, async (t) => provesSchemas(t, each));
    }
    await t.test("subjects", async (t) => {
      provesContracts(t);
      provesThatNobodyWritesSubjects(t);
      await provesEndpoints(t, world);
    });
  },
);

await t.test(
  "proof 6: and does what it declares, at the services and at the edge (A05, A07, A23)",
  async (t) => {
    const world = await createWorld(t);
    const running = await Promise.all(
      domainServices.filter((name) => name !== "auth").map((service) => start(t, world, service)),
    );
    for (const each of running)
      await t.test(`routes of ${each.service}`, (t) => provesBehaviour(t, world, each));
    await t.test("the gateway", (t) => provesGateway(t, world, { running, ofAuth }));
  },
);

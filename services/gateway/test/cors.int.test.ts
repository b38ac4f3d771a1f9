import { createHash, randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import { type ClientState, ListClients } from "@kismet/contracts";
import { answer, createWorld, memberToken, newId } from "@kismet/testing";
import t, { type Test } from "tap";
import { echo, route, startGateway, startUpstream } from "./fixture.ts";

t.setTimeout(120_000);

const ours = "https://app.kismet.example";
const alsoOurs = "http://localhost:5173";
const unlisted = {
  "another site": "https://evil.example",
  "no origin that can be told": "null",
  "ours in front": `${ours}.evil.example`,
  "ours behind": "https://evil-app.kismet.example",
  "a subdomain of ours": "https://x.app.kismet.example",
  "a sibling of ours": "https://blog.kismet.example",
  "the parent of ours": "https://kismet.example",
  "another scheme": "http://app.kismet.example",
  "another port": `${ours}:8443`,
  "the usual port, written": `${ours}:443`,
  "a path": `${ours}/`,
  "a user": "https://app.kismet.example@evil.example",
  "other letters": "https://APP.kismet.example",
  "a wildcard": "*",
  "a space behind": `${ours} `.replace(" ", "%20"),
  two: `${ours}, https://evil.example`,
  "a regular expression's dot": "https://appXkismet.example",
  "an empty one": "file://",
} as const;

const id = "corstest";
const apiKey = `kismet_${id}_${randomBytes(32).toString("base64url")}`;
const client: ClientState = {
  clientId: newId(),
  version: 1,
  name: "partner",
  limitFactor: 100,
  keys: [{ id, digest: createHash("sha256").update(apiKey).digest("hex") }],
};
const world = await createWorld(t, { realAuth: true });
await world.standIn("auth", { answers: [answer(ListClients, async () => ({ clients: [client] }))] });
const service = await startUpstream(t, echo);
const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
const table = [
  ...methods.map((method) => route(method, "/v1/things")),
  { ...route("GET", "/v1/socket", { ticket: true, auth: "member" }, "chat"), websocket: true },
];
const settings = {
  upstreamMatching: [service.url],
  corsOrigins: [ours, alsoOurs],
  limitScale: 10_000,
  logLevel: "silent",
};
const development = (await startGateway(t, world, table, { ...settings, env: "development" })).url;
const production = (
  await startGateway(t, world, table, {
    ...settings,
    env: "production",
    natsUrl: world.natsUrl,
  })
).url;

type Headers = Record<string, string>;
const credentials: Record<string, Headers> = {
  nothing: {},
  "an access token": { authorization: `Bearer ${memberToken(world)}` },
  "a cookie": { cookie: "__Host-kismet-session=x" },
  "an API key": { "x-api-key": apiKey },
  everything: { authorization: `Bearer ${memberToken(world)}`, cookie: "a=1", "x-api-key": apiKey },
};

async function ask(url: string, method: string, headers: Headers): Promise<Response> {
  const response = await fetch(`${url}/v1/things`, { method, headers });
  await response.arrayBuffer();
  return response;
}

/** What lets a page of another origin read an answer, or send what it may not. */
function grantsOf(headers: Response["headers"]): string[] {
  return [...headers.keys()].filter((name) => name.startsWith("access-control-"));
}

async function holdPreflight(
  t: Test,
  url: string,
  origin: string,
  isListed: boolean,
  what: string,
): Promise<void> {
  for (const method of methods) {
    const { status, headers } = await ask(url, "OPTIONS", {
      origin,
      "access-control-request-method": method,
      "access-control-request-headers": "authorization,content-type,x-csrf-token",
    });
    t.equal(status, isListed ? 204 : 403, `${what}: preflight of ${method}`);
    t.match(headers.get("vary"), /\borigin\b/i, `${what}: no cache gives one origin's answer to another`);
    if (!isListed) {
      t.same(grantsOf(headers), [], `${what}: preflight of ${method} grants nothing`);
      continue;
    }
    t.equal(headers.get("access-control-allow-origin"), origin);
    t.match(headers.get("access-control-allow-methods"), new RegExp(`\\b${method}\\b`));
    t.equal(headers.get("access-control-max-age"), "600", "it is kept for a while, and no longer");
  }
}

for (const [env, url] of [
  ["development", development],
  ["production", production],
] as const) {
  await t.test(`A03 in ${env}: listed origins`, async (t) => {
    for (const origin of [ours, alsoOurs]) {
      await holdPreflight(t, url, origin, true, origin);
      for (const [credential, headers] of Object.entries(credentials))
        for (const method of methods) {
          const what = `${method} from ${origin} with ${credential}`;
          const { status, headers: answered } = await ask(url, method, {
            ...headers,
            origin,
            "sec-fetch-site": "same-site",
          });
          t.equal(status, 200, what);
          t.equal(answered.get("access-control-allow-origin"), origin, what);
          t.equal(answered.get("access-control-allow-credentials"), "true", what);
          t.match(answered.get("vary"), /\borigin\b/i, what);
          t.match(answered.get("access-control-expose-headers"), /x-request-id/, what);
        }
    }
  });

  await t.test(`A03 in ${env}: all others`, async (t) => {
    for (const [name, origin] of Object.entries(unlisted)) {
      await holdPreflight(t, url, origin, false, name);
      for (const [credential, headers] of Object.entries(credentials))
        for (const method of methods) {
          const what = `${method} from ${name} with ${credential}`;
          const { status, headers: answered } = await ask(url, method, { ...headers, origin });
          t.equal(status, 403, what);
          t.same(grantsOf(answered), [], `${what}: grants nothing`);
          t.match(answered.get("vary"), /\borigin\b/i, what);
        }
    }
  });

  await t.test(`A03 in ${env}: no origin`, async (t) => {
    for (const [credential, headers] of Object.entries(credentials))
      for (const method of methods) {
        const isProven = "authorization" in headers || "x-api-key" in headers;
        const expected = env === "development" || isProven ? 200 : 403;
        const { status, headers: answered } = await ask(url, method, headers);
        t.equal(status, expected, `${method} with ${credential}`);
        t.notOk(answered.get("access-control-allow-origin"), "nobody is named");
        const crossSite = await ask(url, method, { ...headers, "sec-fetch-site": "cross-site" });
        const refused = "cookie" in headers ? 403 : expected;
        t.equal(crossSite.status, refused, `${method} with ${credential}, from another site`);
        const reads = method === "GET" ? 200 : expected;
        for (const [site, status] of [
          ["same-origin", reads],
          ["same-site", expected],
          ["none", expected],
        ] as const) {
          const asked = await ask(url, method, { ...headers, "sec-fetch-site": site });
          t.equal(asked.status, status, `${method} with ${credential}, ${site}`);
        }
      }
  });

  await t.test(`A03 in ${env}: sockets`, async (t) => {
    const ticket = { "sec-websocket-protocol": "chat.v1, ticket.abc" };
    const bearer = credentials["an access token"] ?? {};
    // Nobody is behind the socket here: 503 is what an upgrade gets that is let through.
    for (const origin of [ours, alsoOurs]) t.equal(await upgrade(url, { ...ticket, origin }), 503, origin);
    for (const [name, origin] of Object.entries(unlisted))
      for (const headers of [ticket, bearer, { ...bearer, ...ticket, "sec-fetch-site": "same-origin" }])
        t.equal(await upgrade(url, { ...headers, origin }), 403, name);
    t.equal(await upgrade(url, ticket), 503, "no origin, with a ticket");
    t.equal(await upgrade(url, bearer), 503, "no origin, with a token");
    t.equal(await upgrade(url, {}), env === "production" ? 403 : 503, "no origin, and nothing");
    t.equal(
      await upgrade(url, { ...ticket, cookie: "a=1", "sec-fetch-site": "cross-site" }),
      403,
      "from another site",
    );
  });
}

function upgrade(url: string, headers: Headers): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}/v1/socket`, {
      agent: false,
      headers: {
        connection: "upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        ...headers,
      },
    });
    request.on("response", (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
    });
    request.on("error", reject).end();
  });
}

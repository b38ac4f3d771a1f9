import assert from "node:assert/strict";
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signWith,
} from "node:crypto";
import { request as httpRequest } from "node:http";
import type { Session } from "@kismet/contracts";
import { newId, secretOfSystem, type System, TestSigner } from "@kismet/testing";
import { connect } from "@nats-io/transport-node";
import type { Test } from "tap";

type Claims = Record<string, unknown>;
/** What an attacker has, and what only a thief of auth's key has: rows that need it show what else is looked at. */
type Workshop = {
  /** Of a member who is signed in. */
  good: string;
  header: Claims;
  claims: Claims;
  kid: string;
  publicKey: KeyObject;
  privateKey: KeyObject;
  /** With auth's own key. */
  signed(header: Claims, claims: Claims): string;
  /** With auth's own key, whatever stands there. */
  signedText(header: string, claims: string): string;
};

const encode = (part: unknown) =>
  Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");
const textOf = (part = "") => Buffer.from(part, "base64url").toString("utf8");

export async function openWorkshop(system: System, good: string): Promise<Workshop> {
  const [header = "", claims = ""] = good.split(".");
  const { kid } = JSON.parse(textOf(header)) as { kid: string };
  const [row] = await system.world.sql<{ sealed: string }>(
    "SELECT sealed_private_key AS sealed FROM auth.signing_keys WHERE kid = $1",
    [kid],
  );
  const source = new URL("../../services/auth/src/secrets/sealing.ts", import.meta.url).href;
  const { createSealing } = (await import(source)) as {
    createSealing(secret: string): { open(sealed: string): string };
  };
  const pem = createSealing(secretOfSystem("auth-key-encryption")).open(row?.sealed ?? "");
  const key = createPrivateKey(pem);
  const signer = new TestSigner(pem);
  return {
    good,
    header: JSON.parse(textOf(header)) as Claims,
    claims: JSON.parse(textOf(claims)) as Claims,
    kid,
    publicKey: createPublicKey(key),
    privateKey: key,
    signed: (head, body) => signer.signed(head, body),
    signedText(head, body) {
      const input = `${encode(head)}.${encode(body)}`;
      return `${input}.${signWith(null, Buffer.from(input), key).toString("base64url")}`;
    },
  };
}

type Row = [name: string, token: string];

function algorithms({ header, claims, publicKey, kid, good }: Workshop): Row[] {
  const input = (alg: string, more: Claims = {}) =>
    `${encode({ ...header, alg, ...more })}.${encode(claims)}`;
  const by = (alg: string, key: KeyObject, more: Claims = {}) => {
    const digest = alg === "EdDSA" ? null : "sha256";
    return `${input(alg, more)}.${signWith(digest, Buffer.from(input(alg, more)), key).toString("base64url")}`;
  };
  const hmac = (secret: string | Buffer, alg = "HS256") =>
    `${input(alg)}.${createHmac("sha256", secret).update(input(alg)).digest("base64url")}`;
  const spki = publicKey.export({ type: "spki", format: "pem" });
  const { x = "" } = publicKey.export({ format: "jwk" });
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const own = generateKeyPairSync("ed25519");
  const ed448 = generateKeyPairSync("ed448");
  const jwk = own.publicKey.export({ format: "jwk" });
  const signature = good.split(".")[2] ?? "";
  return [
    ...["none", "None", "NONE", "nOnE", ""].flatMap((alg): Row[] => [
      [`alg "${alg}"`, `${input(alg)}.`],
      [`alg "${alg}" with the old signature`, `${input(alg)}.${signature}`],
    ]),
    ["HMAC with the public key as PEM", hmac(spki)],
    ["HMAC with the public key as PEM, trimmed", hmac(String(spki).trim())],
    ["HMAC with the public key as DER", hmac(publicKey.export({ type: "spki", format: "der" }))],
    ["HMAC with the public key's x", hmac(Buffer.from(x, "base64url"))],
    ["HMAC with nothing", hmac("")],
    ["HMAC with the key id", hmac(kid)],
    ["ES256", by("ES256", ec.privateKey)],
    ["RS256", by("RS256", rsa.privateKey)],
    ["EdDSA, another key", by("EdDSA", own.privateKey)],
    ["EdDSA, another curve", by("EdDSA", ed448.privateKey)],
    ["alg Ed25519", `${input("Ed25519")}.${signature}`],
    ["alg eddsa", `${input("eddsa")}.${signature}`],
    ["alg missing", `${encode({ typ: "at+jwt", kid })}.${encode(claims)}.${signature}`],
    ["embedded jwk", by("EdDSA", own.privateKey, { jwk })],
    ["embedded jwk, without kid", by("EdDSA", own.privateKey, { jwk, kid: undefined })],
    ["jku", by("EdDSA", own.privateKey, { jku: "http://127.0.0.1:9/jwks.json" })],
    ["x5u", by("EdDSA", own.privateKey, { x5u: "http://127.0.0.1:9/cert.pem" })],
    ["x5c", by("EdDSA", own.privateKey, { x5c: [encode("made up")] })],
  ];
}

function keyIds({ header, claims, signed, good }: Workshop): Row[] {
  const [, , signature] = good.split(".");
  const named = (kid: unknown): string => `${encode({ ...header, kid })}.${encode(claims)}.${signature}`;
  const odd = [
    "../../../../etc/passwd",
    "/dev/null",
    "' OR 1=1 --",
    "__proto__",
    "constructor",
    "toString",
    "k\u0000id",
    "a".repeat(2_000),
    "",
    1,
    null,
    ["x"],
    { x: 1 },
    true,
  ];
  return [
    ...odd.map((kid): Row => [`kid ${JSON.stringify(kid).slice(0, 30)}`, named(kid)]),
    // Even where the key that verifies is the right one.
    ["kid of no key, signed by the right one", signed({ ...header, kid: newId() }, claims)],
    ["no kid", signed({ alg: "EdDSA", typ: "at+jwt" }, claims)],
  ];
}

/** Signed by auth's own key: what else would have to be looked at if a signature were all. */
function badlyMade({ header, claims, signed, signedText, good }: Workshop): Row[] {
  const now = Math.floor(Date.now() / 1_000);
  const head = (more: Claims) => signed({ ...header, ...more }, claims);
  const body = (more: Claims) => signed(header, { ...claims, ...more });
  const text = { header: JSON.stringify(header), claims: JSON.stringify(claims) };
  const without = (name: string) =>
    signed(header, Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name)));
  return [
    ...["JWT", "jwt", "at+jwt2", "", "AT+JWT", "application/at+jwt", 1, null].map((typ): Row => [
      `typ ${JSON.stringify(typ)}`,
      head({ typ }),
    ]),
    ["crit", head({ crit: ["exp"], exp: 1 })],
    ["crit, empty", head({ crit: [] })],
    ["crit, null", head({ crit: null })],
    ["b64 false", head({ b64: false })],
    ["b64 false, critical", head({ b64: false, crit: ["b64"] })],
    ["cty, nested", signed({ ...header, cty: "JWT" }, claims)],
    ["nested", signedText(text.header, good)],
    ["zip", head({ zip: "DEF" })],
    ["jwk beside a good key", head({ jwk: {} })],
    ["another issuer", body({ iss: "https://evil.example" })],
    ["issuers", body({ iss: [claims["iss"], "https://evil.example"] })],
    ["another audience", body({ aud: "elsewhere" })],
    ["audiences", body({ aud: [claims["aud"], "elsewhere"] })],
    ["expired", body({ iat: now - 700, exp: now - 1 })],
    ["expires never", without("exp")],
    ["expires as text", body({ exp: String(now + 60) })],
    ["expires at infinity", signedText(text.header, text.claims.replace(/"exp":\d+/, '"exp":1e999'))],
    ["not yet valid", body({ nbf: now + 600 })],
    ["issued in the future", body({ iat: now + 3_600, exp: now + 4_200 })],
    ["issued before time", body({ iat: -1 })],
    ["an unknown claim", body({ scope: "everything" })],
    ["a role that isn't", body({ roles: ["god"] })],
    ["a status that isn't", body({ st: "wonderful" })],
    ["a member who is no id", body({ sub: "1 OR 1=1" })],
    ["no session", without("sid")],
    ["a claim twice", signedText(text.header, text.claims.replace("{", `{"sub":"${newId()}",`))],
    ["a header field twice", signedText(text.header.replace("{", '{"alg":"none",'), text.claims)],
    [
      "claims with __proto__",
      signedText(text.header, text.claims.replace("{", '{"__proto__":{"st":"active"},')),
    ],
    ["claims with spaces", signedText(text.header, text.claims.replaceAll(",", ", "))],
    ["claims that are a list", signedText(text.header, `[${text.claims}]`)],
    ["claims that are nothing", signedText(text.header, "null")],
  ];
}

function badlyWritten({ good }: Workshop): Row[] {
  const [header = "", claims = "", signature = ""] = good.split(".");
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(signature.at(-1) ?? "");
  const standard = good.replaceAll("-", "+").replaceAll("_", "/");
  return [
    // 64 bytes leave four bits of the last character without a meaning.
    ...[1, 2, 3].map((bits): Row => [
      `the same signature in other letters (${bits})`,
      `${header}.${claims}.${signature.slice(0, -1)}${alphabet[last ^ bits]}`,
    ]),
    ["padding", `${good}==`],
    ...(standard === good ? [] : [["base64 instead of base64url", standard] as Row]),
    ["a byte more in the signature", `${good}AA`],
    ["a part more", `${good}.AA`],
    ["an empty part more", `${good}.`],
    ["a part less", `${header}.${claims}`],
    ["no signature", `${header}.${claims}.`],
    ["no claims", `${header}..${signature}`],
    ["no header", `.${claims}.${signature}`],
    ["only dots", ".."],
    ["one word", "token"],
    ["a quoted one", `"${good}"`],
    ["two, with a comma", `${good},${good}`],
    ["8 kB", `${header}.${claims}${"A".repeat(8_000)}.${signature}`],
  ];
}

/** Each byte of the signature, one bit each. */
function bent({ good }: Workshop): Row[] {
  const [header, claims, signature = ""] = good.split(".");
  const bytes = Buffer.from(signature, "base64url");
  return [...bytes.keys()].map((i) => {
    const altered = Buffer.from(bytes);
    altered.writeUInt8(altered.readUInt8(i) ^ (1 << (i % 8)), i);
    return [`byte ${i} of the signature`, `${header}.${claims}.${altered.toString("base64url")}`];
  });
}

type Surface = { name: string; ask(token: string): Promise<{ status: number; code: string }> };

function surfacesOf(system: System): Surface[] {
  const direct = {
    auth: "/v1/auth/me",
    profile: "/v1/blocks",
    matching: "/v1/matches",
    chat: "/v1/conversations",
    billing: "/v1/billing/entitlements",
  } as const;
  const urlOf = (service: keyof typeof direct) => system.instances(service)[0]?.url ?? "";
  return [
    { name: "the gateway", ask: (token) => askHttp(system.url + direct.auth, token) },
    ...(Object.keys(direct) as (keyof typeof direct)[]).map((service) => ({
      name: service,
      ask: (token: string) => askHttp(urlOf(service) + direct[service], token),
    })),
    { name: "the socket at the gateway", ask: (token) => askSocket(system.url, token) },
    { name: "the socket at chat", ask: (token) => askSocket(urlOf("chat"), token) },
  ];
}

async function askHttp(url: string, token: string): Promise<{ status: number; code: string }> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const { code = "none" } = (await response.json()) as { code?: string };
  return { status: response.status, code };
}

export function askSocket(url: string, token: string): Promise<{ status: number; code: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}/v1/chat/socket`, {
      // A refused upgrade ends its connection.
      agent: false,
      headers: {
        connection: "upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-protocol": "chat.v1",
        authorization: `Bearer ${token}`,
      },
    });
    request.on("upgrade", (_response, socket) => {
      socket.destroy();
      resolve({ status: 101, code: "none" });
    });
    request.on("response", (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => {
        const { code = "none" } = JSON.parse(text) as { code?: string };
        resolve({ status: response.statusCode ?? 0, code });
      });
    });
    request.on("error", reject).end();
  });
}

const hungUp = (error: unknown) => ({
  status: 0,
  code: String((error as { cause?: unknown }).cause ?? error),
});

/** How often auth was asked for its keys, as NATS tells it. */
async function keysAskedFor(system: System): Promise<number> {
  const { hostname, port, username, password } = new URL(system.world.natsUrl);
  const nats = await connect({ servers: `${hostname}:${port}`, user: username, pass: password });
  const answer = await nats.request("$SRV.STATS.auth", "", { timeout: 5_000 });
  await nats.close();
  type Stats = { endpoints: { subject?: string; name: string; num_requests: number }[] };
  const endpoint = answer.json<Stats>().endpoints.find(({ subject }) => subject === "auth.v1.jwks.get");
  assert.ok(endpoint, "auth answers for its keys");
  return endpoint.num_requests;
}

/** A02 A10 Every token but a good one, at every place that takes tokens. */
export async function attackWithTokens(t: Test, system: System, session: Session): Promise<void> {
  const workshop = await openWorkshop(system, session.accessToken);
  const rows = [
    ...algorithms(workshop),
    ...keyIds(workshop),
    ...badlyMade(workshop),
    ...badlyWritten(workshop),
    ...bent(workshop),
  ];
  const refused = { status: 401, code: "UNAUTHENTICATED" };
  for (const { name, ask } of surfacesOf(system)) {
    const before = await ask(workshop.good);
    t.ok([200, 101].includes(before.status), `${name} takes the good one`);
    t.not(
      (await ask(workshop.signed(workshop.header, { ...workshop.claims, jti: newId() }))).status,
      401,
      `${name} takes what is made like it`,
    );
    for (const [what, token] of rows) t.same(await ask(token), refused, `${name}: ${what}`);
  }
  const large = `${workshop.good}${"A".repeat(1_000_000)}`;
  for (const { name, ask } of surfacesOf(system))
    t.same(await ask(large).catch(hungUp), { status: 431, code: "HEADERS_TOO_LARGE" }, `${name}: 1 MB`);
  for (const { name, ask } of surfacesOf(system))
    t.ok([200, 101].includes((await ask(workshop.good)).status), `${name} goes on`);

  const before = await keysAskedFor(system);
  const storm = Array.from({ length: 300 }, () =>
    workshop.signed({ ...workshop.header, kid: newId() }, workshop.claims),
  );
  for (const { ask } of surfacesOf(system)) await Promise.all(storm.slice(0, 50).map((token) => ask(token)));
  const asked = (await keysAskedFor(system)) - before;
  t.ok(asked <= 12, `key ids that nobody has make us ask for keys at our rate: ${asked} times in 400 tokens`);

  const parts = new Set(
    [...rows.map(([, token]) => token), ...storm]
      .flatMap((token) => token.split("."))
      .filter((part) => part.length >= 40),
  );
  const told = system.lines.filter(({ text }) => [...parts].some((part) => text.includes(part)));
  t.same(
    told.map(({ text }) => text.slice(0, 300)),
    [],
    "no log has anything of them",
  );
}

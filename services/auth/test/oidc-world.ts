import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, verify } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { visitProvider } from "@kismet/dev";
import { createDevelopmentProvider } from "@kismet/dev/oidc";
import assert from "node:assert/strict";
import type { Identity, OidcOutcome, OidcProvider, OidcStart, OidcTicket, Session } from "@kismet/contracts";
import { createWorld, type Teardown } from "@kismet/testing";
import type { Config } from "../src/config.ts";
import { type Answer, call, newAddress, pageOrigin, publicUrl, startAuth, startMail } from "./auth-world.ts";

/** What the provider says of who logs in by this name. */
type Person = { email?: string; verified?: boolean | string; givenName?: string };
type Asked = { path: string; headers: IncomingMessage["headers"] };

const random = () => randomBytes(32).toString("base64url");

/** A provider of a test's own, a real one, which can be told to misbehave. */
export class TestProvider {
  readonly name: OidcProvider;
  readonly clientId = `kismet-${random().slice(0, 8)}`;
  readonly clientSecret = random();
  readonly people = new Map<string, Person>();
  asked: Asked[] = [];
  behaviour: "good" | "failing" | "silent" | "redirecting" = "good";
  /** What it answers instead, by path. */
  tamper: ((path: string, body: Record<string, unknown>) => Record<string, unknown>) | undefined;
  /** Of the key that Apple verifies our secret with. */
  secretKey: KeyObject | undefined;
  issuer = "";
  #listener: RequestListener = (_request, response) => void response.destroy();

  private constructor(name: OidcProvider) {
    this.name = name;
  }

  static async start(t: Teardown, name: OidcProvider): Promise<TestProvider> {
    const provider = new TestProvider(name);
    const server = createServer((request, response) => {
      const path = new URL(request.url ?? "/", provider.issuer).pathname;
      provider.asked.push({ path, headers: request.headers });
      if (provider.behaviour === "failing") response.writeHead(500).end("down");
      else if (provider.behaviour === "redirecting" && path === "/token")
        response.writeHead(307, { location: `${provider.issuer}/elsewhere` }).end();
      else if (provider.behaviour !== "silent") provider.#listener(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.teardown(
      () =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    );
    provider.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    provider.rotateKeys();
    return provider;
  }

  /** The same provider, with another signing key. */
  rotateKeys(): void {
    const redirectUris = [`${publicUrl}/v1/auth/oidc/${this.name}/callback`];
    const { clientId, clientSecret } = this;
    const provider = createDevelopmentProvider(this.issuer, [{ clientId, clientSecret, redirectUris }], {
      findAccount: (_context, login) => ({ accountId: login, claims: async () => this.#claims(login) }),
    });
    provider.use(async (context, next) => {
      if (this.secretKey && context.path === "/token") await this.#takeSignedSecret(context.req);
      await next();
      const { body } = context as { body: unknown };
      if (this.tamper && typeof body === "object" && body !== null)
        context.body = this.tamper(context.path, body as Record<string, unknown>);
    });
    this.#listener = provider.callback();
  }

  /** How often it was asked at an address. */
  timesAsked(path: string): number {
    return this.asked.filter((each) => each.path === path).length;
  }

  #claims(login: string) {
    const { email, verified = true, givenName } = this.people.get(login) ?? {};
    return {
      sub: login,
      ...(email === undefined ? {} : { email, email_verified: verified as boolean }),
      ...(givenName === undefined ? {} : { given_name: givenName }),
    };
  }

  /** As Apple does: the secret is a token, which our key has signed. */
  async #takeSignedSecret(request: IncomingMessage): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const fields = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
    const [header = "", claims = "", signature = ""] = (fields["client_secret"] ?? "").split(".");
    const read = (part: string) =>
      JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
    const isGood =
      this.secretKey !== undefined &&
      verify(
        "sha256",
        Buffer.from(`${header}.${claims}`),
        { key: this.secretKey, dsaEncoding: "ieee-p1363" },
        Buffer.from(signature, "base64url"),
      ) &&
      read(header)["kid"] === "APPLEKEY01" &&
      read(claims)["iss"] === "APPLETEAM1" &&
      read(claims)["sub"] === this.clientId &&
      read(claims)["aud"] === this.issuer &&
      Number(read(claims)["exp"]) > Date.now() / 1_000;
    const body = { ...fields, client_secret: isGood ? this.clientSecret : "wrong" };
    (request as IncomingMessage & { body: unknown }).body = body;
  }
}

export const returnUrls = [`${pageOrigin}/auth/sign-in`, "com.example.kismet://oidc"];

/** Settings of auth for the two. */
export function oidcSettings(google: TestProvider, apple: TestProvider): Partial<Config> {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  apple.secretKey = createPublicKey(publicKey.export({ type: "spki", format: "pem" }));
  return {
    googleIssuer: google.issuer,
    googleClientId: google.clientId,
    googleClientSecret: google.clientSecret,
    appleIssuer: apple.issuer,
    appleClientId: apple.clientId,
    appleTeamId: "APPLETEAM1",
    appleKeyId: "APPLEKEY01",
    applePrivateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    oidcReturnUrls: returnUrls,
  };
}

type Auth = { url: string };
export type Came = { flow: OidcStart; fragment: Record<string, string>; returnTo: string };

export async function begin(
  auth: Auth,
  { name }: TestProvider,
  { token, kind = "start", ...body }: { token?: string; kind?: "start" | "link"; returnTo?: string } = {},
): Promise<Answer<OidcStart>> {
  return call(auth, "POST", `/v1/auth/oidc/${name}/${kind}`, { body, ...(token ? { token } : {}) });
}

/** From the beginning to where the browser is back with a code. */
export async function comeBack(
  auth: Auth,
  provider: TestProvider,
  login: string,
  options: Parameters<typeof begin>[2] = {},
  { user }: { user?: string } = {},
): Promise<Came> {
  const { status, body: flow } = await begin(auth, provider, options);
  if (status !== 200) throw new Error(`to begin was answered ${status}: ${JSON.stringify(flow)}`);
  const { url, form } = await visitProvider(flow.authorizationUrl, login);
  const { pathname, search } = new URL(url);
  const response = await fetch(`${auth.url}${pathname}${search}`, {
    redirect: "manual",
    ...(form
      ? { method: "POST", body: new URLSearchParams({ ...form, ...(user === undefined ? {} : { user }) }) }
      : {}),
  });
  await response.body?.cancel();
  const location = response.headers.get("location") ?? `about:blank#status=${response.status}`;
  const [returnTo = "", fragment = ""] = location.split("#");
  return { flow, returnTo, fragment: Object.fromEntries(new URLSearchParams(fragment)) };
}

export function finish(
  auth: Auth,
  { name }: TestProvider,
  { flow, fragment }: Came,
  change: { state?: string; verifier?: string; code?: string; iss?: string | undefined } = {},
  headers: Record<string, string> = {},
): Promise<Answer<OidcOutcome>> {
  const { code = "", iss } = fragment;
  const body = { state: flow.state, verifier: flow.verifier, code, iss, ...change };
  return call(auth, "POST", `/v1/auth/oidc/${name}/finish`, { body, headers });
}

export async function signInWith(
  auth: Auth,
  provider: TestProvider,
  login: string,
): Promise<Answer<OidcOutcome>> {
  return finish(auth, provider, await comeBack(auth, provider, login));
}

const applicant = { birthDate: "1994-05-17", locale: "en-IE", acceptedTermsVersion: "2026-01" };
export const refused = { status: 422, body: { code: "AUTH_PROVIDER_REFUSED" } };
export const ticketOf = ({ body }: Answer<OidcOutcome>) => (body as OidcTicket).ticket;

/** Auth with two providers, and what signing up with them takes. */
export async function startOidc(t: Teardown) {
  const [world, mail, google, apple] = await Promise.all([
    createWorld(t, { realAuth: true }),
    startMail(t),
    TestProvider.start(t, "google"),
    TestProvider.start(t, "apple"),
  ]);
  const settings = oidcSettings(google, apple);
  const auth = await startAuth(t, world, mail, { ...settings, codeIntervalMs: 0 });
  let logins = 0;
  /** Somebody whom a provider knows. */
  function somebody(person: { email?: string; verified?: boolean | string } = {}, provider = google) {
    logins += 1;
    const login = `subject-${logins}`;
    const email = person.email ?? newAddress();
    provider.people.set(login, { givenName: "Ada", ...person, email });
    return { login, email };
  }
  const signUp = (ticket: string, change: object = {}) =>
    call<Session>(auth, "POST", "/v1/auth/oidc/sign-up", { body: { ticket, ...applicant, ...change } });
  const identities = async (token: string) =>
    (await call<{ items: Identity[] }>(auth, "GET", "/v1/auth/identities", { token })).body.items;
  async function newGoogleMember() {
    const { login, email } = somebody();
    const session = await signUp(ticketOf(await signInWith(auth, google, login)).token);
    assert.equal(session.status, 200);
    return { login, email, session: session.body };
  }
  return { world, mail, google, apple, settings, auth, somebody, signUp, identities, newGoogleMember };
}

import assert from "node:assert/strict";
import { createHmac, hash } from "node:crypto";
import type { AgeCheck, CheckoutOpened, Session } from "@kismet/contracts";
import { newId, type System } from "@kismet/testing";
import type { Test } from "tap";
import { SystemMember } from "../member.ts";
import { ask, mailTo, signUp } from "../sign-up.ts";
import { type Browser, signInAsBrowser } from "./cross-site.ts";
import { openWorkshop } from "./forged-tokens.ts";
import { type Kept, readWholeStore } from "./whole-store.ts";

/** By what they are. */
type Secrets = Map<string, string>;

const sixDigits = /(?<![\w-])\d{6}(?![\w-])/;
const longToken = /[A-Za-z0-9_-]{40,}/;

/** RFC 6238, by which an authenticator would do it. */
function totp(secret: Buffer, now: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)));
  const digest = createHmac("sha1", secret).update(counter).digest();
  const offset = digest.readUInt8(19) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, "0");
}

function fromBase32(text: string): Buffer {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...text.replaceAll("=", "")]
    .map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** Everything that opens something, and is good at this moment. */
async function useEverything(system: System): Promise<Secrets> {
  const { mail, url } = system;
  assert.ok(mail);
  const account = await signUp(system);
  const { credentials, session, member, code } = account;
  const { email, password } = credentials;
  const secrets: Secrets = new Map([
    ["a password", password],
    ["a used code", code],
  ]);
  keepSession(secrets, "the first session", session);
  keepBrowser(secrets, await signInAsBrowser(system, account));

  const waiting = `${newId()}@mail.test`;
  const signup = {
    email: waiting,
    password: `${newId()} waits`,
    birthDate: "1995-04-01",
    acceptedTermsVersion: "1",
  };
  assert.equal((await ask(url, "/v1/auth/signup", signup)).status, 202);
  secrets.set("a password that waits", signup.password);
  secrets.set("a sign-up code", sixDigits.exec(await mailTo(mail, waiting, sixDigits))?.[0] ?? "");
  assert.equal((await ask(url, "/v1/auth/password/forgot", { email })).status, 202);
  secrets.set("a reset token", longToken.exec(await mailTo(mail, email, longToken))?.[0] ?? "");
  await useFactors(member, secrets);
  await useClients(system, secrets);
  const { body: ticket } = await member.call<{ ticket: string }>("POST", "/v1/chat/ticket");
  secrets.set("a ticket", ticket.ticket);
  const check = await member.call<AgeCheck>("POST", "/v1/auth/age/checks", { method: "document" });
  assert.equal(check.status, 201);
  secrets.set("the page of an age check", new URL(check.body.redirectUrl).search.slice("?check=".length));
  const order = { productId: "superlikes_5", provider: "sandbox", country: "DE" };
  const headers = { "idempotency-key": newId() };
  const opened = await member.call<Pick<CheckoutOpened, "redirectUrl">>(
    "POST",
    "/v1/billing/checkout",
    order,
    { headers },
  );
  assert.equal(opened.status, 201);
  const { header, claims, privateKey } = await openWorkshop(system, session.accessToken);
  assert.ok(header && claims);
  const { d = "" } = privateKey.export({ format: "jwk" });
  secrets
    .set("a signing key", d)
    .set(
      "a signing key as PEM",
      String(privateKey.export({ type: "pkcs8", format: "pem" })).split("\n")[1] ?? "",
    );
  return secrets;
}

function keepSession(secrets: Secrets, what: string, session: Session): void {
  secrets
    .set(`${what}: access token`, session.accessToken)
    .set(`${what}: refresh token`, session.refreshToken);
  secrets.set(`${what}: proof of the refresh token`, session.refreshToken.split(".")[2] ?? "");
  if (session.deviceToken !== undefined) secrets.set(`${what}: device token`, session.deviceToken);
}

function keepBrowser(secrets: Secrets, browser: Browser): void {
  secrets.set("a cookie", browser.cookie.split("=")[1] ?? "").set("a CSRF token", browser.csrfToken);
  secrets.set("a browser's access token", browser.accessToken);
}

async function useFactors(member: SystemMember, secrets: Secrets): Promise<void> {
  const { status, body } = await member.call<{ secret: string }>("POST", "/v1/auth/factors/totp");
  assert.ok(status < 300, `an authenticator: ${status} ${body.code}`);
  const bytes = fromBase32(body.secret);
  secrets
    .set("a TOTP secret", body.secret)
    .set("a TOTP secret in hex", bytes.toString("hex"))
    .set("a TOTP secret in base64", bytes.toString("base64"));
  const confirmation = { code: totp(bytes, Date.now()) };
  const confirmed = await member.call<{ recoveryCodes: string[] }>(
    "POST",
    "/v1/auth/factors/totp/confirm",
    confirmation,
  );
  assert.ok(confirmed.status < 300, `its confirmation: ${confirmed.status} ${confirmed.body.code}`);
  confirmed.body.recoveryCodes.forEach((code, i) => {
    secrets
      .set(`recovery code ${i}`, code)
      .set(`recovery code ${i}, bare`, code.replaceAll(/[^A-Za-z0-9]/g, ""));
  });
  const asked = await member.call<{ id: string; options: { challenge: string } }>(
    "POST",
    "/v1/auth/passkeys/options",
  );
  assert.equal(asked.status, 200);
  secrets.set("a passkey's challenge", asked.body.options.challenge);
}

async function useClients(system: System, secrets: Secrets): Promise<void> {
  const admin = await signUp(system);
  await system.world.sql("UPDATE auth.accounts SET roles = '{admin}' WHERE member_id = $1", [
    admin.member.id,
  ]);
  const { email, password } = admin.credentials;
  const device =
    admin.session.deviceToken === undefined ? {} : { device: { token: admin.session.deviceToken } };
  const { body: opened } = await ask<Session>(system.url, "/v1/auth/login", { email, password, ...device });
  // As if by both factors: no other session has roles.
  await system.world.sql("UPDATE auth.sessions SET methods = '{password,totp}' WHERE id = $1", [
    opened.sessionId,
  ]);
  const { refreshToken } = opened;
  const { body } = await ask<Session>(system.url, "/v1/auth/refresh", { refreshToken });
  keepSession(secrets, "an admin's session", body);
  const staff = new SystemMember(system.url, { id: admin.member.id, token: body.accessToken });
  const issued = await staff.call<{ key: string }>("POST", "/v1/admin/clients", {
    name: `client ${newId().slice(-12)}`,
  });
  assert.equal(issued.status, 201);
  secrets
    .set("an API key", issued.body.key)
    .set("the secret of an API key", issued.body.key.split("_").slice(2).join("_"));
}

/** How a secret may be written down. */
function formsOf(secret: string): [form: string, text: string][] {
  const bytes = Buffer.from(secret);
  return [
    ["as it is", secret],
    ["in base64", bytes.toString("base64").replaceAll("=", "")],
    ["in base64url", bytes.toString("base64url")],
    ["in hex", bytes.toString("hex")],
    ["reversed", [...secret].reverse().join("")],
  ];
}

/** Six digits stand in many a timestamp: there only whole words count. */
function holds(text: string, form: string): boolean {
  if (!/^\d{6}$/.test(form)) return text.includes(form);
  return new RegExp(`(?<![\\w.-])${form}(?![\\w-])`).test(text);
}

export function findSecrets(kept: Kept[], secrets: Secrets): string[] {
  return [...secrets].flatMap(([what, secret]) =>
    formsOf(secret).flatMap(([form, text]) =>
      kept.filter((each) => holds(each.text, text)).map(({ where }) => `${what}, ${form}, in ${where}`),
    ),
  );
}

/** Digests that could be one of a guess: all that looks like bytes in hex or base64, as hex. */
function digestsIn(kept: Kept[]): Set<string> {
  const found = new Set<string>();
  for (const { text } of kept) {
    for (const [hex] of text.matchAll(/(?<![0-9a-f])[0-9a-f]{32,128}(?![0-9a-f])/g)) found.add(hex);
    for (const [word] of text.matchAll(/[A-Za-z0-9+/_-]{22,88}/g))
      found.add(Buffer.from(word, "base64").toString("hex"));
  }
  return found;
}

const unkeyed = ["sha256", "sha1", "md5"];

/** Whoever has the dump can hash a million codes in a second, and every password that they think of. */
export function guessDigests(kept: Kept[], guesses: Iterable<string>): string[] {
  const digests = digestsIn(kept);
  const found: string[] = [];
  for (const guess of guesses)
    for (const algorithm of unkeyed)
      if (digests.has(hash(algorithm, guess, "hex"))) found.push(`${algorithm} of ${guess}`);
  return found;
}

function* allCodes(): Iterable<string> {
  for (let i = 0; i < 1_000_000; i += 1) yield String(i).padStart(6, "0");
}

/** With what stands beside it, as a salt would. */
function* salted(kept: Kept[], secrets: Secrets): Iterable<string> {
  const ids = new Set(
    kept.flatMap(({ text }) => text.match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? []),
  );
  for (const secret of secrets.values()) yield secret;
  const guessable = [...secrets.values()].filter((secret) => secret.length < 20);
  for (const id of ids)
    for (const secret of guessable)
      yield* [`${id}${secret}`, `${secret}${id}`, `${id}:${secret}`, `${id}.${secret}`];
}

/** A17 Who steals everything that is stored has nothing that opens anything. */
export async function searchForSecrets(t: Test, system: System): Promise<void> {
  const secrets = await useEverything(system);
  for (const [what, secret] of secrets) t.ok(secret.length >= 6, `${what} is one`);
  const kept = await readWholeStore(system);
  const places = new Set(kept.map(({ where }) => where));
  t.comment(`${kept.length} rows, messages and keys in ${places.size} places, for ${secrets.size} secrets`);
  for (const place of ["auth.accounts", "auth.sessions", "auth.signing_keys", "auth.outbox", "redis"])
    t.ok(places.has(place), `${place} is searched`);
  t.ok(
    [...places].some((place) => place.startsWith("stream ")),
    "streams are searched",
  );
  t.same(findSecrets(kept, secrets), [], "none is there in any form");
  t.same(guessDigests(kept, allCodes()), [], "no code is there as a hash that can be tried");
  // A key of 256 bits may be hashed without another key: nobody tries those.
  const short = new Map([...secrets].filter(([what]) => !/API key|token|ticket|cookie|challenge/.test(what)));
  t.same(guessDigests(kept, salted(kept, short)), [], "nor anything that can be guessed");

  const planted = [...secrets.values()].flatMap((secret) =>
    formsOf(secret).map(([, text]) => ({ where: "planted", text: `"${text}"` })),
  );
  t.equal(findSecrets(planted, secrets).length >= secrets.size * 5, true, "what is planted is found");
  const [code = ""] = [...secrets].filter(([what]) => what === "a sign-up code").map(([, value]) => value);
  const digest = hash("sha256", code, "base64url");
  t.same(guessDigests([{ where: "planted", text: `{"hash":"${digest}"}` }], allCodes()), [
    `sha256 of ${code}`,
  ]);
}

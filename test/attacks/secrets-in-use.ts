import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { AgeCheck, Challenge, IssuedKey, Session } from "@kismet/contracts";
import { newId, type System } from "@kismet/testing";
import type { SystemMember } from "../member.ts";
import { type Account, ask, mailTo, signUp } from "../sign-up.ts";
import { type Browser, signInAsBrowser } from "./cross-site.ts";
import { openWorkshop } from "./forged-tokens.ts";
import { addPasskey, comeBack, finishFlow, newStaff, signInByPasskey } from "./ways-in.ts";

/** By what they are. */
export type Secrets = Map<string, string>;

const sixDigits = /(?<![\w-])\d{6}(?![\w-])/;
const longToken = /[A-Za-z0-9_-]{40,}/;
/** `<id>.<secret>`, of which the id is none. */
const linkTo = (page: string) => new RegExp(`/auth/${page}\\?token=(?:[0-9a-f-]{36}\\.)?([\\w-]{40,})`);

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

/** Everything that opens something, or has opened it, made as members make it. */
export async function useEverything(system: System): Promise<Secrets> {
  const secrets: Secrets = new Map();
  const account = await signUp(system);
  const { credentials, session, code } = account;
  secrets.set("a password", credentials.password).set("a used code", code);
  keepSession(secrets, "the first session", session);
  keepBrowser(secrets, await signInAsBrowser(system, account));
  const used = await Promise.all([
    useLetters(system, account),
    useSignUp(system),
    useChangeOfAddress(system),
    useReset(system),
    useArchive(system),
    useProviders(system),
    useClients(system),
    useOtherPlaces(account),
    useSigningKeys(system, session),
  ]);
  // Last, since they send everybody else's sign-in to a second factor.
  used.push(await useFactors(system, account));
  return new Map([...secrets, ...used.flatMap((some) => [...some])]);
}

function keepSession(secrets: Secrets, what: string, session: Session): void {
  secrets
    .set(`${what}: access token`, session.accessToken)
    .set(`${what}: refresh token`, session.refreshToken);
  secrets.set(`${what}: proof of the refresh token`, session.refreshToken.split(".")[2] ?? "");
  if (session.deviceToken === undefined) return;
  secrets.set(`${what}: device token`, session.deviceToken);
  secrets.set(`${what}: proof of the device token`, session.deviceToken.split(".")[1] ?? "");
}

function keepBrowser(secrets: Secrets, browser: Browser): void {
  secrets.set("a cookie", browser.cookie.split("=")[1] ?? "").set("a CSRF token", browser.csrfToken);
  secrets.set("a browser's access token", browser.accessToken);
}

/** The secret of the newest mail that has one. */
async function mailed({ mail }: System, address: string, secret: RegExp): Promise<string> {
  assert.ok(mail);
  const found = secret.exec(await mailTo(mail, address, secret));
  return found?.[1] ?? found?.[0] ?? "";
}

/** Codes and links that are good at this moment. */
async function useLetters(system: System, { credentials: { email }, member }: Account): Promise<Secrets> {
  const { url } = system;
  assert.equal((await ask(url, "/v1/auth/password/forgot", { email })).status, 202);
  const reset = await mailed(system, email, linkTo("reset-password"));
  const asked = await ask<Challenge>(url, "/v1/auth/code/request", { email });
  assert.equal(asked.status, 202);
  const code = await mailed(system, email, sixDigits);
  const stepUp = await member.call<Challenge>("POST", "/v1/auth/step-up/code");
  assert.equal(stepUp.status, 202);
  return new Map([
    ["a reset token", reset],
    ["a sign-in code", code],
    ["a step-up code", await mailed(system, email, sixDigits)],
  ]);
}

async function useSignUp(system: System): Promise<Secrets> {
  const email = `${newId()}@mail.test`;
  const password = `${newId()} waits`;
  const signup = { email, password, birthDate: "1995-04-01", acceptedTermsVersion: "1" };
  assert.equal((await ask(system.url, "/v1/auth/signup", signup)).status, 202);
  return new Map([
    ["a password that waits", password],
    ["a sign-up code", await mailed(system, email, sixDigits)],
    ["a sign-up token", await mailed(system, email, linkTo("verify-email"))],
  ]);
}

async function useChangeOfAddress(system: System): Promise<Secrets> {
  const { member, credentials } = await signUp(system);
  const next = `${newId()}@mail.test`;
  const change = (newEmail: string) => member.call("POST", "/v1/auth/email/change", { newEmail });
  assert.equal((await change(next)).status, 202);
  const code = await mailed(system, next, sixDigits);
  const link = await mailed(system, next, linkTo("confirm-email"));
  assert.equal((await member.call("POST", "/v1/auth/email/confirm", { code })).status, 204);
  const undo = await mailed(system, credentials.email, linkTo("undo-email-change"));
  const third = `${newId()}@mail.test`;
  assert.equal((await change(third)).status, 202);
  const waiting = await mailed(system, third, linkTo("confirm-email"));
  assert.equal((await member.call("DELETE", "/v1/auth/me")).status, 202);
  return new Map([
    ["a used code of a change of address", code],
    ["a used token of a change of address", link],
    ["a token of a change of address", waiting],
    ["a token that undoes a change of address", undo],
    ["a token that takes a deletion back", await mailed(system, next, linkTo("restore-account"))],
  ]);
}

async function useReset(system: System): Promise<Secrets> {
  const { credentials } = await signUp(system);
  const { email } = credentials;
  assert.equal((await ask(system.url, "/v1/auth/password/forgot", { email })).status, 202);
  const mail = system.mail;
  assert.ok(mail);
  const token = /token=([\w.-]+)/.exec(await mailTo(mail, email, linkTo("reset-password")))?.[1] ?? "";
  const password = `${newId()} is next`;
  assert.equal((await ask(system.url, "/v1/auth/password/reset", { token, password })).status, 204);
  return new Map([
    ["a used reset token", longToken.exec(token)?.[0] ?? ""],
    ["a password chosen anew", password],
  ]);
}

async function useArchive(system: System): Promise<Secrets> {
  const { member, credentials } = await signUp(system);
  assert.equal((await member.call("POST", "/v1/auth/me/export")).status, 202);
  return new Map([["a token of an archive", await mailed(system, credentials.email, linkTo("archive"))]]);
}

/** A flow that waits, one that is finished, one by which somebody has signed up, and a ticket that waits. */
async function useProviders(system: System): Promise<Secrets> {
  const secrets: Secrets = new Map();
  const keep = (what: string, came: Record<"state" | "verifier" | "code", string>) => {
    for (const part of ["state", "verifier", "code"] as const) secrets.set(`${part} of ${what}`, came[part]);
    return came;
  };
  keep("a flow that waits", await comeBack(system, `${newId()}@mail.test`));
  const login = `${newId()}@mail.test`;
  const finished = await comeBack(system, login);
  keep("a finished flow", finished);
  const ticket = (await finishFlow(system, finished)).ticket?.token ?? "";
  const signup = { ticket, birthDate: "1995-04-01", acceptedTermsVersion: "1" };
  const opened = await ask<Session>(system.url, "/v1/auth/oidc/sign-up", signup);
  assert.equal(opened.status, 200, JSON.stringify(opened.body));
  secrets.set("a used ticket of a provider", ticket);
  keepSession(secrets, "a provider's session", opened.body);
  const again = await finishFlow(system, await comeBack(system, `${newId()}@mail.test`));
  secrets.set("a ticket of a provider", again.ticket?.token ?? "");
  return secrets;
}

async function useClients(system: System): Promise<Secrets> {
  const secrets: Secrets = new Map();
  const { staff, session } = await newStaff(system, "admin");
  keepSession(secrets, "an admin's session", session);
  const keep = (what: string, { key }: IssuedKey) =>
    secrets.set(what, key).set(`the secret of ${what}`, key.split("_").slice(2).join("_"));
  const name = `client ${newId().slice(-12)}`;
  const issued = await staff.call<IssuedKey>("POST", "/v1/admin/clients", { name });
  assert.equal(issued.status, 201);
  keep("an API key", issued.body);
  const { clientId } = issued.body;
  const second = await staff.call<IssuedKey>("POST", `/v1/admin/clients/${clientId}/keys`);
  keep("a revoked API key", second.body);
  const revoked = await staff.call("DELETE", `/v1/admin/clients/${clientId}/keys/${second.body.keyId}`);
  assert.equal(revoked.status, 204);
  return secrets;
}

/**
 * A socket's ticket, the page of an age check, and a payment that is begun. Its address is no secret: it is answered again
 * to the same key, and whoever has it may pay for somebody, but learns not for whom (object-rows.ts).
 */
async function useOtherPlaces({ member }: Account): Promise<Secrets> {
  const { body } = await member.call<{ ticket: string }>("POST", "/v1/chat/ticket");
  const check = await member.call<AgeCheck>("POST", "/v1/auth/age/checks", { method: "document" });
  assert.equal(check.status, 201);
  const order = { productId: "superlikes_5", provider: "sandbox", country: "DE" };
  const headers = { "idempotency-key": newId() };
  assert.equal((await member.call("POST", "/v1/billing/checkout", order, { headers })).status, 201);
  return new Map([
    ["a ticket", body.ticket],
    ["the page of an age check", new URL(check.body.redirectUrl).search.slice("?check=".length)],
  ]);
}

async function useSigningKeys(system: System, session: Session): Promise<Secrets> {
  const { privateKey } = await openWorkshop(system, session.accessToken);
  const { d = "" } = privateKey.export({ format: "jwk" });
  const pem = String(privateKey.export({ type: "pkcs8", format: "pem" }));
  return new Map([
    ["a signing key", d],
    ["a signing key as PEM", pem.split("\n")[1] ?? ""],
  ]);
}

/** An authenticator and its codes, one of them used; a passkey, which was used; and what is asked of one. */
async function useFactors(system: System, { member, credentials }: Account): Promise<Secrets> {
  const secrets: Secrets = new Map();
  const passkey = await addPasskey(system, member);
  const opened = await signInByPasskey(system, passkey.authenticator);
  keepSession(secrets, "a passkey's session", opened.session);
  secrets
    .set("the challenge that made a passkey", passkey.challenge)
    .set("the challenge that a passkey has answered", opened.challenge);
  const asked = await member.call<{ options: { challenge: string } }>("POST", "/v1/auth/passkeys/options");
  secrets.set("a passkey's challenge", asked.body.options.challenge);

  const enrolled = await member.call<{ secret: string }>("POST", "/v1/auth/factors/totp");
  assert.ok(enrolled.status < 300, `an authenticator: ${enrolled.status} ${enrolled.body.code}`);
  const bytes = fromBase32(enrolled.body.secret);
  secrets
    .set("a TOTP secret", enrolled.body.secret)
    .set("a TOTP secret in hex", bytes.toString("hex"))
    .set("a TOTP secret in base64", bytes.toString("base64"));
  const recoveryCodes = await confirmTotp(member, totp(bytes, Date.now()));
  recoveryCodes.forEach((code, i) => {
    secrets
      .set(`recovery code ${i}`, code)
      .set(`recovery code ${i}, bare`, code.replaceAll(/[^A-Za-z0-9]/g, ""));
  });
  const { email, password } = credentials;
  const { body } = await ask<Challenge>(system.url, "/v1/auth/login", { email, password });
  const answer = { id: body.challenge.id, kind: "recovery_code", code: recoveryCodes[0] };
  const recovered = await ask<Session>(system.url, "/v1/auth/challenge", answer);
  assert.equal(recovered.status, 200, "one of the recovery codes is used");
  keepSession(secrets, "a recovered session", recovered.body);
  return secrets;
}

async function confirmTotp(member: SystemMember, code: string): Promise<string[]> {
  const confirmed = await member.call<{ recoveryCodes: string[] }>("POST", "/v1/auth/factors/totp/confirm", {
    code,
  });
  assert.ok(confirmed.status < 300, `its confirmation: ${confirmed.status} ${confirmed.body.code}`);
  return confirmed.body.recoveryCodes;
}

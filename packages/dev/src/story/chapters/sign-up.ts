import { createPublicKey, verify, type webcrypto } from "node:crypto";
import type { OwnAccount, Session } from "@kismet/contracts";
import { type Cast, everybody } from "../cast.ts";
import { expect, expectEqual } from "../expect.ts";
import type { Person } from "../person.ts";

export async function tellSignUp(cast: Cast): Promise<void> {
  const { ada, mailbox, narrator } = cast;
  narrator.chapter("Signing up");
  for (const person of everybody(cast)) {
    await narrator.step(`${person.name} signs up and waits for a code`, async () => {
      expectEqual((await signUp(person)).as(202), { status: "verification_sent" }, "the answer to a sign-up");
    });
  }
  await narrator.step("nobody signs up too young, without the terms, or with a poor password", () =>
    checkSignupRules(ada),
  );
  for (const person of everybody(cast)) {
    const code = await narrator.step(`${person.name} gets the code by e-mail`, () =>
      mailbox.code(person.email),
    );
    await narrator.step(`${person.name} can't sign in before it is typed`, async () => {
      (await logIn(person)).refused(401, "AUTH_CREDENTIALS_WRONG");
    });
    await narrator.step(`${person.name} types it wrong, then right`, async () => {
      const wrong = await verifyEmail(person, String((Number(code) + 1) % 1_000_000).padStart(6, "0"));
      wrong.refused(422, "AUTH_CODE_INVALID");
      person.session = (await verifyEmail(person, code)).as<Session>();
      (await verifyEmail(person, code)).refused(422, "AUTH_CODE_INVALID");
    });
  }
  await narrator.step("the access token is signed by a published key", () => checkSignature(ada));
  await narrator.step("the account is known to its owner", async () => {
    const { id, email, emailVerified, status } = await ada.get<OwnAccount>("/v1/auth/me");
    const expected = { id: ada.id, email: ada.email, emailVerified: true, status: "active" };
    expectEqual({ id, email, emailVerified, status }, expected, "who Ada is");
  });
  await narrator.step("a known address gets the same answers as an unknown one", () => checkDiscretion(ada));
}

function signupOf({ email, password, birthDate }: Person) {
  return { email, password, birthDate, acceptedTermsVersion: "2026-01", locale: "en" };
}

function signUp(person: Person) {
  return person.gateway.ask("POST", "/v1/auth/signup", { body: signupOf(person) });
}

function logIn({ gateway, email, password }: Person) {
  return gateway.ask("POST", "/v1/auth/login", { body: { email, password } });
}

function verifyEmail({ gateway, email }: Person, code: string) {
  return gateway.ask("POST", "/v1/auth/verify-email", { body: { email, code } });
}

async function checkSignupRules(ada: Person): Promise<void> {
  const email = `not-${ada.email}`;
  const ask = (body: unknown) => ada.gateway.ask("POST", "/v1/auth/signup", { body });
  const good = { ...signupOf(ada), email };
  (await ask({ ...good, birthDate: "2020-01-01" })).refused(422, "AUTH_TOO_YOUNG");
  const { acceptedTermsVersion: _terms, ...withoutTerms } = good;
  (await ask(withoutTerms)).refused(400, "VALIDATION_FAILED");
  for (const password of ["password123", `my ${email}`]) {
    (await ask({ ...good, password })).refused(422, "AUTH_PASSWORD_REFUSED");
  }
}

async function checkSignature({ gateway, session }: Person): Promise<void> {
  const [header = "", claims = "", signature = ""] = session.accessToken.split(".");
  const { alg, kid } = JSON.parse(Buffer.from(header, "base64url").toString()) as {
    alg: string;
    kid: string;
  };
  expectEqual(alg, "EdDSA", "the algorithm");
  const { keys } = (await gateway.ask("GET", "/.well-known/jwks.json")).as<{
    keys: (webcrypto.JsonWebKey & { kid: string })[];
  }>();
  const key = keys.find((one) => one.kid === kid);
  if (!key) throw new Error(`no key ${kid} is published`);
  const publicKey = createPublicKey({ key, format: "jwk" });
  const isGood = verify(
    null,
    Buffer.from(`${header}.${claims}`),
    publicKey,
    Buffer.from(signature, "base64url"),
  );
  expect(isGood, "the signature to verify", "it does not");
}

/** Neither signing up, nor logging in, nor forgetting a password tells who is a member. */
async function checkDiscretion(ada: Person): Promise<void> {
  const stranger = `nobody-${ada.email}`;
  const ask = async (path: string, body: Record<string, unknown>) => {
    const answers = [];
    for (const email of [ada.email, stranger]) {
      const { status, body: said } = await ada.gateway.ask("POST", path, { body: { ...body, email } });
      const { requestId: _requestId, ...rest } = (said ?? {}) as Record<string, unknown>;
      answers.push({ status, said: rest });
    }
    expectEqual(answers[0], answers[1], `the same from ${path}`);
    return answers[0]?.status;
  };
  expectEqual(await ask("/v1/auth/signup", signupOf(ada)), 202, "the status");
  expectEqual(await ask("/v1/auth/login", { password: "not the password at all" }), 401, "the status");
  expectEqual(await ask("/v1/auth/password/forgot", {}), 202, "the status");
}

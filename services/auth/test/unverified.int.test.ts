import assert from "node:assert/strict";
import type { Session } from "@kismet/contracts";
import { createWorld, eventually, newId, routesOfAnyStatus } from "@kismet/testing";
import t from "tap";
import {
  type Answer,
  call,
  codeTo,
  goodPassword,
  logIn,
  mailsTo,
  newAddress,
  newMember,
  patience,
  refresh,
  startAuth,
  startMail,
} from "./auth-world.ts";
import { linkTo, open, press } from "./page-client.ts";

t.setTimeout(120_000);

const [world, mail] = await Promise.all([createWorld(t, { realAuth: true }), startMail(t)]);
const auth = await startAuth(t, world, mail, { codeIntervalMs: 0 });
const statusOf = async (email: string) =>
  (await world.sql<{ status: string }>("SELECT status FROM auth.accounts WHERE email = $1", [email]))[0]
    ?.status;

/** The networks of who owns an address, of them on their way, and of somebody else. */
const [home, train, elsewhere] = ["5.1.66.255", "87.123.0.1", "91.0.0.1"] as const;
const theirs = "the strangers own words";
const post = <T = object>(path: string, body: object, address: string): Promise<Answer<T>> =>
  call<T>(auth, "POST", `/v1/auth/${path}`, { body, headers: { "x-forwarded-for": address } });
const signUp = (email: string, address: string, password = goodPassword) =>
  post("signup", { email, password, birthDate: "1994-05-17", acceptedTermsVersion: "1" }, address);
const resend = (email: string, address: string) => post("verify-email/resend", { email }, address);
const verify = (email: string, code: string, address: string, password?: string) =>
  post<Session>("verify-email", { email, code, ...(password ? { password } : {}) }, address);
const wrongOf = (code: string, by = 1) => String((Number(code) + by) % 1_000_000).padStart(6, "0");
const noLettersWait = () =>
  eventually(async () => assert.deepEqual(await world.sql("SELECT 1 FROM auth.letters"), []), patience);
const countTo = async (email: string) => (await mailsTo(mail, email)).length;

/** Whoever owns the address signed up with it, and a stranger after them. */
async function contested(): Promise<{ email: string; own: string; strangers: string }> {
  const email = newAddress();
  await signUp(email, home);
  const own = await codeTo(mail, email);
  await signUp(email, elsewhere, theirs);
  return { email, own, strangers: await codeTo(mail, email, 2) };
}

/** What the routes take that take anything. */
const bodies: Record<string, object> = {
  "POST /v1/auth/age/checks": { method: "estimation" },
  "PUT /v1/auth/age/jurisdiction": { jurisdiction: "GB" },
  "POST /v1/auth/me/appeals": { text: "It was not me, somebody took my photos." },
  "POST /v1/auth/password/change": { currentPassword: goodPassword, newPassword: "a-third-good-one-5" },
  "POST /v1/auth/step-up": { kind: "password", password: goodPassword },
};
/** After these the token is good no more. */
const last = ["POST /v1/auth/password/change", "POST /v1/auth/logout", "POST /v1/auth/logout-all"];

await t.test(
  "A17 whatever its holder asks for, an account whose address nobody has proven stays unverified",
  async (t) => {
    const { email, session } = await newMember(auth, mail);
    await world.sql("UPDATE auth.accounts SET status = 'unverified' WHERE email = $1", [email]);
    const routes = routesOfAnyStatus("auth").filter((route) => !last.includes(route));
    t.ok(routes.includes("DELETE /v1/auth/me") && routes.includes("POST /v1/auth/me/restore"));
    // Twice, so that each comes once before and once after each other.
    for (const route of [...routes, ...routes, ...last]) {
      const [method, path = ""] = route.split(" ") as ["GET" | "POST" | "PUT" | "DELETE", string];
      const body = bodies[route];
      const answer = await call(auth, method, path.replace(":id", newId()), {
        token: session.accessToken,
        ...(body ? { body } : {}),
      });
      if (!last.includes(route))
        t.notOk([400, 401, 429].includes(answer.status) || answer.status >= 500, `${route} is tried`);
      t.equal(await statusOf(email), "unverified", `${route} answers ${answer.status}`);
    }
    t.same(await world.sql("SELECT 1 FROM auth.exports"), [], "nor is anything of it given out");
    t.equal((await refresh(auth, session.refreshToken)).status, 401);
  },
);

const needed = { status: 422, body: { code: "AUTH_SIGNUP_PASSWORD_NEEDED" } };
const wrongPassword = { status: 422, body: { code: "AUTH_SIGNUP_PASSWORD_WRONG" } };
const invalid = { status: 422, body: { code: "AUTH_CODE_INVALID" } };

await t.test(
  "A17 whoever types in the code of a stranger's sign-up gives the stranger no account",
  async (t) => {
    const { email, own, strangers } = await contested();
    t.match(await verify(email, strangers, home), needed);
    t.match(await verify(email, strangers, home, goodPassword), wrongPassword);
    t.equal(await statusOf(email), "unverified");
    t.equal((await verify(email, own, home)).status, 200, "the own code, where one has signed up");
    t.equal((await logIn(auth, email, theirs)).status, 401);
    t.equal((await logIn(auth, email)).status, 200);

    const second = await contested();
    t.match(await verify(second.email, second.own, train), needed, "the own code, elsewhere");
    t.equal((await verify(second.email, second.own, train, goodPassword)).status, 200);

    const third = await contested();
    await resend(third.email, home);
    t.equal((await verify(third.email, await codeTo(mail, third.email, 3), home)).status, 200);
    t.equal((await logIn(auth, third.email)).status, 200, "another code is one of the own sign-up");
  },
);

await t.test("A17 where nobody else signed up a code is enough, and a password must be right", async (t) => {
  const [email, other] = [newAddress(), newAddress()];
  await Promise.all([signUp(email, home), signUp(other, home)]);
  t.equal((await verify(email, await codeTo(mail, email), train)).status, 200);
  const code = await codeTo(mail, other);
  const guesses = await Promise.all(
    Array.from({ length: 9 }, (_, i) => verify(other, code, home, `guess ${i} guess`)),
  );
  t.equal(guesses.filter(({ body }) => body.code === "AUTH_SIGNUP_PASSWORD_WRONG").length, 5);
  t.match(await verify(other, code, home, goodPassword), invalid, "after five it is not looked at");
  t.equal((await open(auth, await linkTo(mail, other))).status, 410, "nor by the link");
});

await t.test(
  "A17 strangers elsewhere use up no tries of who signed up, and get five themselves",
  async (t) => {
    const email = newAddress();
    await signUp(email, home);
    const code = await codeTo(mail, email);
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) => verify(email, wrongOf(code, i + 1), `91.0.${i}.1`)),
    );
    t.ok(answers.every(({ status }) => status === 422));
    t.match(await verify(email, code, elsewhere), invalid, "the sixth try from elsewhere is refused");
    for (let i = 1; i <= 4; i += 1) t.match(await verify(email, wrongOf(code, i), home), invalid);
    t.equal((await verify(email, code, home)).status, 200, "the fifth from home is not");
  },
);

await t.test("A17 codes that were tried too often leave the link of their mail as it is", async (t) => {
  const email = newAddress();
  await signUp(email, home);
  const [code, link] = [await codeTo(mail, email), await linkTo(mail, email)];
  for (const address of [home, elsewhere])
    for (let i = 1; i <= 6; i += 1) t.match(await verify(email, wrongOf(code, i), address), invalid);
  t.match(await verify(email, code, home), invalid);
  const page = await open(auth, link);
  t.equal((await press(auth, page, { password: goodPassword })).status, 200);
  t.equal((await logIn(auth, email)).status, 200);
});

await t.test("strangers use up no codes of who owns an address, and all together have an end", async (t) => {
  const email = newAddress();
  for (let i = 0; i < 6; i += 1) await signUp(email, elsewhere, theirs);
  await noLettersWait();
  t.equal(await countTo(email), 5, "from one network");
  await signUp(email, home);
  t.equal((await verify(email, await codeTo(mail, email, 6), home)).status, 200);

  const flooded = newAddress();
  for (const [hours, mails] of [
    [0, 15],
    [1, 30],
    [1, 30],
  ] as const) {
    auth.clock.move(hours * 3_600_000);
    for (let i = 0; i < 20; i += 1)
      await (i % 2 ? signUp(flooded, `91.${hours}.${i % 5}.1`) : resend(flooded, `91.${hours}.${i % 5}.2`));
    await noLettersWait();
    t.equal(await countTo(flooded), mails);
  }
  auth.clock.move(-7_200_000);
});

await t.test(
  "whose address is known, or kept for an undo, is told so twice an hour and five times a day",
  async (t) => {
    const { email } = await newMember(auth, mail);
    const moved = await newMember(auth, mail);
    const newEmail = newAddress();
    const { accessToken: token } = moved.session;
    await call(auth, "POST", "/v1/auth/email/change", { token, body: { newEmail } });
    const code = await codeTo(mail, newEmail);
    t.equal((await call(auth, "POST", "/v1/auth/email/confirm", { token, body: { code } })).status, 204);
    await noLettersWait();
    const before = new Map([
      [email, await countTo(email)],
      [moved.email, await countTo(moved.email)],
    ]);
    for (const [hours, mails] of [
      [0, 2],
      [1, 4],
      [1, 5],
      [1, 5],
    ] as const) {
      auth.clock.move(hours * 3_600_000);
      for (const address of before.keys())
        for (let i = 0; i < 4; i += 1)
          t.match(await signUp(address, `91.0.${i}.1`, theirs), {
            status: 202,
            body: { status: "verification_sent" },
          });
      await noLettersWait();
      for (const [address, earlier] of before) t.equal((await countTo(address)) - earlier, mails);
    }
    auth.clock.move(-10_800_000);
  },
);

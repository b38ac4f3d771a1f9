import assert from "node:assert/strict";
import type { Challenge } from "@kismet/contracts";
import { createWorld, eventually } from "@kismet/testing";
import t from "tap";
import { buildApp } from "../src/app.ts";
import { createPasswordHasher } from "../src/password/password-hasher.ts";
import { createDigests } from "../src/secrets/digests.ts";
import { banMarkOf } from "../src/standing/ban-marks.ts";
import {
  type Answer,
  call,
  codeTo,
  hashSecret,
  logIn,
  newAddress,
  newMember,
  patience,
  signup,
  startAuth,
  startMail,
  verify,
} from "./auth-world.ts";
import { canBeToldApart, type Pair, rankDistance } from "./timings.ts";

// Of a busy machine.
t.setTimeout(240_000);

/** So that a run can be repeated: `KISMET_TEST_SEED=... node <this file>`. */
const seed = Number(process.env["KISMET_TEST_SEED"] ?? Date.now() % 1_000_000);
let state = seed;
/** Mulberry32: what is drawn needs to be fair, not secret. */
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let x = Math.imul(state ^ (state >>> 15), 1 | state);
  x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
  return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
}

const [world, mail] = await Promise.all([createWorld(t, { realAuth: true }), startMail(t)]);
const manyGuesses = { guessesPerAccount: 100_000, guessesPerAddress: 100_000, guessesPerMinute: 1_000_000 };
const auth = await startAuth(t, world, mail, { ...manyGuesses, logLevel: "warn" });
const people = 6;
const members = await Promise.all(Array.from({ length: people }, () => newMember(auth, mail)));
const known = members.map(({ email }) => email);
const waiting = Array.from({ length: people }, newAddress);
await Promise.all(waiting.map((email) => signup(auth, email).then(() => codeTo(mail, email))));
const strangers = Array.from({ length: people }, newAddress);
const of = (list: readonly string[]) => (i: number) => list[i % list.length] ?? "";
const [member, pending, stranger] = [of(known), of(waiting), of(strangers)];
const asker = members[0]?.session.accessToken ?? "";

const post = (path: string, body: object, token?: string) =>
  call(auth, "POST", `/v1/auth/${path}`, { body, ...(token ? { token } : {}) });
const login = (email: string) => post("login", { email, password: "not the one of theirs" });
const forgot = (email: string) => post("password/forgot", { email });
const resend = (email: string) => post("verify-email/resend", { email });
const enter = (email: string) => verify(auth, email, "000000");
const askCode = (email: string) =>
  call<Challenge>(auth, "POST", "/v1/auth/code/request", { body: { email } });
/** One that has all it will ever have, a code or none, and tries for as many samples as it takes. */
const challenged = async (email: string) => (await askCode(email)).body.challenge.id;
const [membersId, strangersId] = [await challenged(known[0] ?? ""), await challenged(stranger(0))];
await eventually(async () => {
  const left = await world.sql("SELECT id FROM auth.letters");
  assert.equal(left.length, 0);
}, patience);
await world.sql("UPDATE auth.challenges SET tries_left = 30000");
const guessCode = (id: string, kind = "email_code") => post("challenge", { id, kind, code: "000000" });
const another = (id: string) => post("challenge/resend", { id });
const change = (newEmail: string) => post("email/change", { newEmail }, asker);

/** Signed up with by somebody who wants to know whose they are, with a password of their own. */
const theirs = "the strangers own words";
const probed = {
  free: Array.from({ length: people }, newAddress),
  "a member's": (await Promise.all(Array.from({ length: people }, () => newMember(auth, mail)))).map(
    ({ email }) => email,
  ),
  banned: await Promise.all(Array.from({ length: people }, bannedAddress)),
  "kept for an undo": await Promise.all(Array.from({ length: people }, keptAddress)),
};
await probe();
const probedOf = (kind: keyof typeof probed) => of(probed[kind]);

async function bannedAddress(): Promise<string> {
  const email = newAddress();
  const mark = banMarkOf(createDigests(hashSecret), email);
  await world.sql("INSERT INTO auth.ban_marks (hash, created_at) VALUES ($1, now())", [mark]);
  return email;
}

async function keptAddress(): Promise<string> {
  const { email, session } = await newMember(auth, mail);
  const newEmail = newAddress();
  await post("email/change", { newEmail }, session.accessToken);
  const code = await codeTo(mail, newEmail);
  const confirmed = await post("email/confirm", { code }, session.accessToken);
  assert.equal(confirmed.status, 204);
  return email;
}

async function probe(): Promise<void> {
  for (const email of Object.values(probed).flat()) {
    const { status } = await signup(auth, email, theirs);
    assert.equal(status, 202);
  }
  await eventually(async () => assert.deepEqual(await world.sql("SELECT 1 FROM auth.letters"), []), patience);
}

const pairs: Pair[] = [
  {
    what: "sign-in of a member and of nobody",
    samples: 24,
    a: (i) => login(member(i)),
    b: (i) => login(stranger(i)),
  },
  {
    what: "sign-up with a member's address and a new one",
    samples: 24,
    a: (i) => signup(auth, member(i)),
    b: () => signup(auth, newAddress()),
  },
  {
    what: "a password forgotten by a member and by nobody",
    samples: 50,
    a: (i) => forgot(member(i)),
    b: (i) => forgot(stranger(i)),
  },
  {
    what: "a code entered for one who waits and for nobody",
    samples: 50,
    a: (i) => enter(pending(i)),
    b: (i) => enter(stranger(i)),
  },
  {
    what: "a code entered for a member and for nobody",
    samples: 50,
    a: (i) => enter(member(i)),
    b: (i) => enter(stranger(i)),
  },
  {
    what: "another code for one who waits and for nobody",
    samples: 50,
    a: (i) => resend(pending(i)),
    b: (i) => resend(stranger(i)),
  },
  {
    what: "a code to sign in with for a member and for nobody",
    samples: 30,
    a: (i) => askCode(member(i)),
    b: (i) => askCode(stranger(i)),
  },
  {
    what: "a wrong code of a member's challenge and of nobody's",
    samples: 30,
    a: () => guessCode(membersId),
    b: () => guessCode(strangersId),
  },
  {
    what: "a factor that wasn't asked for, of a member's challenge and of nobody's",
    samples: 30,
    a: () => guessCode(membersId, "totp"),
    b: () => guessCode(strangersId, "totp"),
  },
  {
    what: "another code for a member's challenge and for nobody's",
    samples: 30,
    a: () => another(membersId),
    b: () => another(strangersId),
  },
  {
    what: "a change to a member's address and to a free one",
    samples: 50,
    a: (i) => change(member(i + 1)),
    b: (i) => change(stranger(i)),
  },
  {
    what: "sign-up with a banned address and a new one",
    samples: 24,
    a: (i) => signup(auth, probedOf("banned")(i)),
    b: () => signup(auth, newAddress()),
  },
  {
    what: "sign-up with an address that is kept and a new one",
    samples: 24,
    a: (i) => signup(auth, probedOf("kept for an undo")(i)),
    b: () => signup(auth, newAddress()),
  },
  ...(["a member's", "banned", "kept for an undo"] as const).map((kind) => ({
    what: `sign-in by who has signed up with an address: one that was free, and ${kind}`,
    samples: 24,
    a: (i: number) => logIn(auth, probedOf("free")(i), theirs),
    b: (i: number) => logIn(auth, probedOf(kind)(i), theirs),
  })),
];

/** All that a client gets, but what is new in each answer. */
function told({ status, body, headers }: Answer<object & Partial<Challenge>>): object {
  const { date: _date, "x-request-id": _id, ...rest } = headers;
  const { requestId: _requestId, challenge, ...others } = body ?? {};
  const said = { ...others, ...(challenge ? { challenge: { ...challenge, id: "" } } : {}) };
  return { status, said, headers: Object.entries(rest).sort() };
}

await t.test(
  "answers are the same, byte for byte and in their headers, whomever they are about",
  async (t) => {
    for (const { what, a, b } of pairs) t.same(told(await a(0)), told(await b(0)), what);
  },
);

await t.test(
  "A17 signing up, and in with it, tells nothing of an address whose mails one can't read",
  async (t) => {
    const answers = async (kind: keyof typeof probed) => {
      const email = probedOf(kind)(1);
      const signedIn = [await logIn(auth, email, theirs), await logIn(auth, email, "yet another one")];
      return [...signedIn, await signup(auth, email, theirs), await enter(email)].map(told);
    };
    const free = await answers("free");
    t.match(free[0], { status: 401, said: { code: "AUTH_CREDENTIALS_WRONG", detail: /confirmed/ } });
    for (const kind of ["a member's", "banned", "kept for an undo"] as const)
      t.same(await answers(kind), free, kind);
  },
);

await t.test("and take as long: their times can't be told apart by rank", async (t) => {
  t.comment(`seed ${seed}`);
  for (const pair of pairs) t.equal(await canBeToldApart(pair, random), undefined, pair.what);
});

await t.test(
  "a service that checks no password where there is no account is found out by its times",
  async (t) => {
    const hasher = createPasswordHasher();
    const verify: typeof hasher.verify = async (stored, password) =>
      stored != null && (await hasher.verify(stored, password));
    const build: typeof buildApp = (parts) => buildApp(parts, { ...hasher, verify });
    const leaky = await startAuth(t, world, mail, { ...manyGuesses, logLevel: "warn", build });
    const sent = (email: string) =>
      call(leaky, "POST", "/v1/auth/login", { body: { email, password: "not the one of theirs" } });
    const leak: Pair = { what: "", samples: 12, a: (i) => sent(member(i)), b: (i) => sent(stranger(i)) };
    t.ok(await canBeToldApart(leak, random), "told apart");
  },
);

t.test("the measure itself: nothing in one kind of samples, much in another kind", async (t) => {
  const draw = (shift: number) => Array.from({ length: 60 }, () => random() ** 3 * 20 + shift);
  const alarms = Array.from({ length: 400 }, () => Math.abs(rankDistance(draw(0), draw(0)))).filter(
    (d) => d > 3.29,
  );
  t.ok(alarms.length < 5, `${alarms.length} false alarms of 400, where 0.4 are expected`);
  t.ok(rankDistance(draw(0), draw(9)) < -3.29, "9 ms among up to 20 are seen");
});

import type { Challenge, PasskeyCreationOptions, PasskeyQuestion } from "@kismet/contracts";
import { SoftwareAuthenticator } from "@kismet/dev";
import { type Answer, call, codeTo, mailsTo, newAddress, pageOrigin, startAuth } from "./auth-world.ts";
import t from "tap";
import { comeBack, finish, oidcSettings, signInWith, TestProvider } from "./oidc-world.ts";
import { type From, startSignIns } from "./sign-in-world.ts";

// Of a busy machine.
t.setTimeout(120_000);

const {
  world,
  mail,
  auth,
  two,
  berlin,
  hamburg,
  munich,
  post,
  login,
  answer,
  challengeOf,
  berliner,
  noLettersWait,
} = await startSignIns(t);

/** Whether each guess was looked at, by its status. */
const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status);
let guessers = 0;
/** An address from which nobody has guessed yet, each in a network of its own. */
const newGuesser = () => {
  guessers += 1;
  return { address: `9.${Math.floor(guessers / 250)}.${guessers % 250}.9` };
};
/** All that a guesser gets to see. */
const told = ({ status, body, headers }: Answer) => ({
  ...body,
  status,
  requestId: "",
  retryAfter: headers["retry-after"],
});
const guess = async (email: string, from: From, times: number) => {
  const answers = [];
  for (let i = 0; i < times; i += 1) answers.push(told(await login(email, from, `guess ${i}`)));
  return answers;
};

await t.test("guessing: many at once get no more tries than one by one, and the waits grow", async (t) => {
  const serial = await berliner();
  const inTurn = statuses(await guess(serial.email, newGuesser(), 12));
  const parallel = await berliner();
  const from = newGuesser();
  const atOnce = statuses(
    await Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        login(parallel.email, { ...from, at: i % 2 ? two : auth }, `guess ${i}`),
      ),
    ),
  );
  const looked = (all: number[]) => all.filter((status) => status === 401).length;
  t.equal(looked(inTurn), 6);
  t.ok(looked(atOnce) <= 6 && looked(atOnce) > 0, `${looked(atOnce)} of 24 at once`);
  t.ok([...inTurn, ...atOnce].every((status) => status === 401 || status === 429));
  const waits: number[] = [];
  const { email } = parallel;
  for (let i = 0; i < 4; i += 1) {
    const refused = await login(email, from, "guess");
    const seconds = Number(refused.headers["retry-after"]);
    waits.push(seconds);
    auth.clock.move(seconds * 1_000);
    t.equal((await login(email, from, "guess")).status, 401, `after ${seconds} s`);
  }
  t.same(
    waits,
    [...waits].sort((a, b) => a - b),
  );
  t.ok((waits[3] ?? 0) >= 4 * (waits[0] ?? 0), waits.join(", "));
  t.match(
    await login(email, from),
    { status: 429 },
    "the right one waits too: nobody learns that it is right",
  );
});

await t.test("guessing tells nothing of an address: known and unknown are refused alike", async (t) => {
  const { email } = await berliner();
  const from = newGuesser();
  const known = await guess(email, from, 9);
  t.same(known, await guess(newAddress(), newGuesser(), 9));
  t.match(known[8], { status: 429, code: "AUTH_TOO_MANY_TRIES", retryAfter: "1" });
});

await t.test(
  "nor of where its member signs in, and when: at their network, at any other, and without an account it goes alike",
  async (t) => {
    const [atHome, abroad] = [await berliner(), await berliner()];
    const nobody = newAddress();
    /** First by strangers somewhere, then where a member may be at home. */
    const all = async (email: string, suspected: string, meanwhile?: () => Promise<unknown>) => {
      const elsewhere = newGuesser();
      const before = await guess(email, elsewhere, 9);
      await meanwhile?.();
      auth.clock.move(3_000);
      const after = await guess(email, elsewhere, 3);
      return [...before, ...after, ...(await guess(email, { address: suspected }, 9))];
    };
    const signsIn = async () => {
      for (const address of [berlin, munich])
        t.equal((await login(atHome.email, { address })).status, 200, "the right one at another network");
    };
    // Addresses of Berlin's network, at which nobody else guesses.
    const known = await all(atHome.email, "5.1.66.7", signsIn);
    t.same(known, await all(nobody, "5.1.66.8"), "no account");
    t.same(known, await all(abroad.email, newGuesser().address), "another network");
    t.same(
      known.slice(12).map(({ status }) => status),
      [401, 401, 401, 401, 401, 429, 429, 429, 429],
      "each network has its few, whatever strangers did elsewhere",
    );
  },
);

await t.test("guesses at one account from many networks come to an end, and then slowly", async (t) => {
  const { email, deviceToken } = await berliner();
  const spread = async (count: number) => {
    const answers = await Promise.all(
      Array.from({ length: count }, (_, i) =>
        login(email, { ...newGuesser(), at: i % 2 ? two : auth }, "guess"),
      ),
    );
    return statuses(answers).filter((status) => status === 401).length;
  };
  t.equal(await spread(80), 51, "of eighty networks");
  auth.clock.move(3_600_000);
  t.equal(await spread(40), 7, "in the next hour");
  const [home, anywhere] = [{ address: berlin }, newGuesser()];
  t.same(await guess(email, home, 2), await guess(email, anywhere, 2), "a known network is one of them");
  t.match(await login(email, home), { status: 429 }, "the right one waits too");
  const known = { address: hamburg, device: { token: deviceToken } };
  t.equal((await login(email, known)).status, 200, "a known device does not notice");
});

await t.test(
  "a stranger locks nobody out: a known device, other networks, and the mailbox stay open",
  async (t) => {
    const { email, deviceToken } = await berliner();
    const stranger = newGuesser();
    for (let i = 0; i < 12; i += 1) {
      await login(email, stranger, `guess ${i}`);
      auth.clock.move(5_000);
    }
    t.equal((await login(email, stranger)).status, 429, "whoever comes from where was guessed has to wait");
    t.ok(
      (await login(email, { address: hamburg, device: { token: deviceToken } })).body.accessToken,
      "known device",
    );
    t.ok((await login(email, { address: berlin })).body.accessToken, "known network");
    t.equal((await login(email, newGuesser())).status, 200, "and any other");
    await noLettersWait();
    const from = newGuesser();
    const { id } = challengeOf(await post<Challenge>("/v1/auth/code/request", { email }, from));
    const code = await codeTo(mail, email, 3);
    t.equal((await answer(id, "email_code", code, from)).status, 200, "a code by e-mail, anywhere");
  },
);

await t.test("guessing at many accounts from one address, of IPv6 one /64, has to wait", async (t) => {
  const limited = await startAuth(t, world, mail, { clock: auth.clock, guessesPerAddress: 4 });
  for (const addresses of [["9.250.1.1"], ["2a01:4f8:1:2::1", "2a01:4f8:1:2:3:4:5:6"]]) {
    const answers = await Promise.all(
      Array.from({ length: 14 }, (_, i) =>
        login(newAddress(), { address: addresses[i % addresses.length] ?? "", at: limited }, "guess"),
      ),
    );
    const looked = statuses(answers).filter((status) => status === 401).length;
    t.ok(looked > 0 && looked <= 5, `${looked} of 14`);
  }
  const { email } = await berliner();
  const right = await Promise.all(
    Array.from({ length: 16 }, () => login(email, { address: berlin, at: limited })),
  );
  t.ok(
    right.every(({ status }) => status === 200),
    "who is right costs the address nothing",
  );
});

await t.test(
  "credential stuffing from many addresses at many accounts is slowed for all of them",
  async (t) => {
    const slow = await startAuth(t, world, mail, { clock: auth.clock, guessesPerMinute: 30 });
    const { email, deviceToken } = await berliner();
    await world.sql("DELETE FROM auth.guesses");
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => login(newAddress(), { ...newGuesser(), at: slow }, "from a list")),
    );
    const looked = statuses(answers).filter((status) => status === 401).length;
    t.equal(looked, 7, "of thirty at once: a burst of six, and one");
    const known = await login(email, { address: hamburg, device: { token: deviceToken }, at: slow });
    t.ok(known.body.accessToken, "a known device does not notice");
    auth.clock.move(10_000);
    const later = await Promise.all(
      Array.from({ length: 30 }, () => login(newAddress(), { ...newGuesser(), at: slow }, "from a list")),
    );
    const then = statuses(later).filter((status) => status === 401).length;
    t.equal(then, 5, "ten seconds later");
  },
);

await t.test(
  "while everybody's guesses are slowed a member comes in by passkey, provider, and a code by e-mail",
  async (t) => {
    // As the provider's is.
    auth.clock.move(Date.now() - auth.clock.now().getTime());
    const [google, apple] = [await TestProvider.start(t, "google"), await TestProvider.start(t, "apple")];
    const settings = { ...oidcSettings(google, apple), codeIntervalMs: 0, guessesPerMinute: 1 };
    const at = await startAuth(t, world, mail, { clock: auth.clock, ...settings });
    const { email, deviceToken, session } = await berliner();
    const token = session.accessToken;
    google.people.set("ada", { email: newAddress() });
    const linked = await comeBack(at, google, "ada", { token, kind: "link" });
    t.equal((await finish(at, google, linked, {}, { authorization: `Bearer ${token}` })).status, 200);
    const authenticator = new SoftwareAuthenticator(pageOrigin);
    const offered = await call<{ id: string; options: PasskeyCreationOptions }>(
      at,
      "POST",
      "/v1/auth/passkeys/options",
      { token },
    );
    const passkey = {
      id: offered.body.id,
      name: "Key",
      response: authenticator.create(offered.body.options),
    };
    t.equal((await call(at, "POST", "/v1/auth/passkeys", { token, body: passkey })).status, 201);

    await world.sql("DELETE FROM auth.guesses");
    for (let i = 0; i < 4; i += 1) await login(newAddress(), { ...newGuesser(), at }, "from a list");
    const home = { address: berlin, at };
    t.match(await login(email, home), { status: 429 }, "no password is looked at, not even at home");
    t.equal((await login(email, { ...home, device: { token: deviceToken } })).status, 200, "a known device");
    const asked = await call<PasskeyQuestion>(at, "POST", "/v1/auth/passkeys/sign-in/options");
    const assertion = { id: asked.body.id, response: authenticator.get(asked.body.options) };
    t.equal((await post("/v1/auth/passkeys/sign-in", assertion, home)).status, 200, "a passkey");
    t.match((await signInWith(at, google, "ada")).body, { memberId: session.memberId }, "a provider");
    await noLettersWait();
    const count = (await mailsTo(mail, email)).length;
    const { id } = challengeOf(await post<Challenge>("/v1/auth/code/request", { email }, home));
    const code = await codeTo(mail, email, count + 1);
    t.equal((await answer(id, "email_code", code, home)).status, 200, "a code");
    t.match(await login(email, home), { status: 429 }, "all the while");
  },
);

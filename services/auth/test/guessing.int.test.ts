import type { Challenge } from "@kismet/contracts";
import { codeTo, newAddress, startAuth } from "./auth-world.ts";
import t from "tap";
import { startSignIns } from "./sign-in-world.ts";

// Of a busy machine.
t.setTimeout(120_000);

const { world, mail, auth, two, berlin, hamburg, post, login, answer, challengeOf, berliner } =
  await startSignIns(t);

/** Whether each guess was looked at, by its status. */
const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status);
let guessers = 0;
/** An address from which nobody has guessed yet, each in a network of its own. */
const newGuesser = () => {
  guessers += 1;
  return { address: `9.${Math.floor(guessers / 250)}.${guessers % 250}.9` };
};

await t.test("guessing: many at once get no more tries than one by one, and the waits grow", async (t) => {
  const serial = await berliner();
  const inTurn = [];
  for (let i = 0; i < 12; i += 1) inTurn.push((await login(serial.email, newGuesser(), `guess ${i}`)).status);
  const parallel = await berliner();
  const atOnce = statuses(
    await Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        login(parallel.email, { ...newGuesser(), at: i % 2 ? two : auth }, `guess ${i}`),
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
    const refused = await login(email, newGuesser(), "guess");
    const seconds = Number(refused.headers["retry-after"]);
    waits.push(seconds);
    auth.clock.move(seconds * 1_000);
    t.equal((await login(email, newGuesser(), "guess")).status, 401, `after ${seconds} s`);
  }
  t.same(
    waits,
    [...waits].sort((a, b) => a - b),
  );
  t.ok((waits[3] ?? 0) >= 4 * (waits[0] ?? 0), waits.join(", "));
  t.match(
    await login(email, newGuesser()),
    { status: 429 },
    "the right one waits too: nobody learns that it is right",
  );
});

await t.test("guessing tells nothing of an address: known and unknown are refused alike", async (t) => {
  const { email } = await berliner();
  const told = async (address: string) => {
    const from = newGuesser();
    const answers = [];
    for (let i = 0; i < 9; i += 1) {
      const { status, body, headers } = await login(address, from, `guess ${i}`);
      answers.push({ ...body, status, requestId: "", retryAfter: headers["retry-after"] });
    }
    return answers;
  };
  const known = await told(email);
  t.same(known, await told(newAddress()));
  t.match(known[8], { status: 429, code: "AUTH_TOO_MANY_TRIES", retryAfter: "1" });
});

await t.test(
  "a stranger locks nobody out: a known device, the member's network, and the mailbox stay open",
  async (t) => {
    const { email, deviceToken } = await berliner();
    for (let i = 0; i < 12; i += 1) {
      await login(email, newGuesser(), `guess ${i}`);
      auth.clock.move(5_000);
    }
    t.equal((await login(email, newGuesser())).status, 429, "whoever comes from nowhere has to wait");
    t.ok(
      (await login(email, { address: hamburg, device: { token: deviceToken } })).body.accessToken,
      "known device",
    );
    t.ok((await login(email, { address: berlin })).body.accessToken, "known network");
    const from = newGuesser();
    const { id } = challengeOf(await post<Challenge>("/v1/auth/code/request", { email }, from));
    const code = await codeTo(mail, email, 2);
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

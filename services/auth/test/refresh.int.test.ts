import assert from "node:assert/strict";
import type { Session } from "@kismet/contracts";
import { createWorld } from "@kismet/testing";
import fc from "fast-check";
import t from "tap";
import {
  call,
  holdAccount,
  logIn,
  newMember,
  refresh,
  startAuth,
  startMail,
  StoppedClock,
  waitingForLocks,
} from "./auth-world.ts";

const [world, mail] = await Promise.all([createWorld(t, { realAuth: true }), startMail(t)]);
const clock = new StoppedClock();
const instances = [
  await startAuth(t, world, mail, { clock }),
  await startAuth(t, world, mail, { clock }),
] as const;
const [one, two] = instances;
const at = (index: number) => instances[index % 2] ?? one;
const { email, session: ofMember } = await newMember(one, mail);

const secondMs = 1_000;
const dayMs = 86_400 * secondMs;

/** What the rules are, said in another way: a token of generation n is good, may be repeated, or is theft. */
type State = {
  generation: number;
  /** From when until when, by the clock on the wall, the token before is taken for a retry. Null where there is none. */
  retry: { from: number; until: number } | null;
  beganAt: number;
  expiresAt: number;
  over: boolean;
};
type Step = { kind: "refresh"; generation: number } | { kind: "revoke" };

/** The state after a step, and the generation that the answer brings; null if it is refused. */
function specified(state: State, step: Step, now: number): [State, number | null] {
  if (step.kind === "revoke") return [{ ...state, over: true }, null];
  if (state.over || now >= state.expiresAt) return [state, null];
  const behind = state.generation - step.generation;
  if (behind === 0) {
    const expiresAt = Math.min(now + 30 * dayMs, state.beganAt + 365 * dayMs);
    const generation = state.generation + 1;
    // A clock that is set back makes no time in which an old token is good: it is some seconds behind, or another clock.
    const retry = { from: now - 5 * secondMs, until: now + 30 * secondMs };
    return [{ ...state, generation, retry, expiresAt }, generation];
  }
  const isRetry = state.retry !== null && now >= state.retry.from && now <= state.retry.until;
  if (behind === 1 && isRetry) return [state, state.generation];
  return [{ ...state, over: true }, null];
}

/** A session under test: what the model says of it, and every token that was ever given. */
type Model = { state: State; tokens: string[] };
type Real = { sessionId: string };

const generationOf = (token: string) => Number(token.split(".")[1]);

async function ask(model: Model, step: Step, { sessionId }: Real, index: number): Promise<number | null> {
  if (step.kind === "revoke") {
    const { accessToken } = (await logIn(one, email)).body;
    const { status } = await call(at(index), "DELETE", `/v1/auth/sessions/${sessionId}`, {
      token: accessToken,
    });
    assert.ok(status === 204 || status === 404, `revoking answered ${status}`);
    return null;
  }
  const { status, body } = await refresh(at(index), model.tokens[step.generation] ?? "");
  if (status === 401) return null;
  assert.equal(status, 200);
  const generation = generationOf(body.refreshToken);
  // Whoever asks, and however often: one successor of each, the very same.
  assert.equal(body.refreshToken, (model.tokens[generation] ??= body.refreshToken), "one successor at most");
  return generation;
}

async function stored({ sessionId }: Real): Promise<{ generation: number; over: boolean }> {
  const [row] = await world.sql<{ generation: number; over: boolean }>(
    "SELECT generation, ended_at IS NOT NULL AS over FROM auth.sessions WHERE id = $1",
    [sessionId],
  );
  assert.ok(row);
  return row;
}

function* orders<T>(items: readonly T[]): Generator<T[]> {
  if (items.length === 0) yield [];
  for (const [i, item] of items.entries())
    for (const rest of orders(items.toSpliced(i, 1))) yield [item, ...rest];
}

/** Steps at once must have come out as they would one after another, in some order. */
async function together(model: Model, real: Real, steps: Step[]): Promise<void> {
  const now = clock.now().getTime();
  const got = await Promise.all(steps.map((step, i) => ask(model, step, real, i)));
  const { generation, over } = await stored(real);
  for (const order of orders(steps.map((step, i) => ({ step, i })))) {
    let { state } = model;
    const expected: (number | null)[] = [];
    for (const { step, i } of order) [state, expected[i]] = specified(state, step, now);
    if (state.generation !== generation || state.over !== over) continue;
    if (expected.every((each, i) => each === got[i])) {
      model.state = state;
      return;
    }
  }
  assert.fail(`no order of ${JSON.stringify(steps)} gives ${JSON.stringify({ got, generation, over })}`);
}

/** `back` generations behind the current token, as far as there are any. */
const stepFor = (model: Model, back: number): Step => ({
  kind: "refresh",
  generation: Math.max(0, model.state.generation - back),
});

class AtOnce implements fc.AsyncCommand<Model, Real> {
  readonly backs: readonly number[];
  readonly revokes: boolean;
  constructor(backs: readonly number[], revokes = false) {
    this.backs = backs;
    this.revokes = revokes;
  }
  check = () => true;
  run(model: Model, real: Real): Promise<void> {
    const steps = this.backs.map((back) => stepFor(model, back));
    return together(model, real, this.revokes ? [...steps, { kind: "revoke" }] : steps);
  }
  toString = () => `${this.revokes ? "revoke and " : ""}refresh [${this.backs.join(", ")}] behind`;
}

/** Made without the key, for a generation that is, was, or will be: it changes nothing. */
class Forge implements fc.AsyncCommand<Model, Real> {
  readonly ahead: number;
  constructor(ahead: number) {
    this.ahead = ahead;
  }
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    const [id = "", , proof = ""] = (model.tokens[model.state.generation] ?? "").split(".");
    const before = await stored(real);
    const forged = proof.startsWith("A") ? `B${proof.slice(1)}` : `A${proof.slice(1)}`;
    for (const made of [
      `${id}.${model.state.generation + this.ahead}.${proof}`,
      `${id}.${model.state.generation}.${forged}`,
    ])
      assert.equal((await refresh(one, made)).status, 401);
    assert.deepEqual(await stored(real), before);
  }
  toString = () => `forge ${this.ahead} ahead`;
}

class Move implements fc.AsyncCommand<Model, Real> {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
  check = () => true;
  run = async () => clock.move(this.ms);
  toString = () => `move ${this.ms / secondMs} s`;
}

/** The answer was lost, and is asked for again after a while. */
class RetryAfter implements fc.AsyncCommand<Model, Real> {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    const lost = stepFor(model, 0);
    await together(model, real, [lost]);
    clock.move(this.ms);
    await together(model, real, [lost, lost]);
    // A clock that was set back is put right: no test begins before its keys were made.
    if (this.ms < 0) clock.move(-this.ms);
  }
  toString = () => `refresh, and again after ${this.ms / secondMs} s`;
}

const back = fc.constantFrom(0, 0, 0, 0, 1, 1, 2, 3);
const moves = [1, 29, 30, 31, 600].map((seconds) => seconds * secondMs);
const commands = fc.commands(
  [
    fc.tuple(fc.constantFrom(0, 0, 1)).map((backs) => new AtOnce(backs)),
    fc.tuple(back).map((backs) => new AtOnce(backs)),
    fc.constantFrom(...moves, 30 * secondMs + 1).map((ms) => new RetryAfter(ms)),
    fc.constantFrom(1, 5_000, 5_001, 30_000, 600_000).map((ms) => new RetryAfter(-ms)),
    fc.array(back, { minLength: 2, maxLength: 4 }).map((backs) => new AtOnce(backs)),
    fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 3 }).map((backs) => new AtOnce(backs, true)),
    fc.integer({ min: 1, max: 9 }).map((ahead) => new Forge(ahead)),
    fc.constantFrom(...moves).map((ms) => new Move(ms)),
    fc.constantFrom(...moves).map((ms) => new Move(-ms)),
    fc.constantFrom(1, 10, 29, 30, 31).map((days) => new Move(days * dayMs)),
  ],
  { maxCommands: 25 },
);

/** As a title tells it, to be given as an argument: the same run again. */
const seed = Number(process.argv[2] ?? Date.now() % 2 ** 31);

await t.test(
  `refreshing is what its model is, whatever happens at once (proof 3; seed ${seed})`,
  async (t) => {
    let living = 0;
    const property = fc.asyncProperty(commands, async (steps) => {
      const { refreshToken, sessionId } = (await logIn(one, email)).body;
      const now = clock.now().getTime();
      const state: State = {
        generation: 0,
        retry: null,
        beganAt: now,
        expiresAt: now + 30 * dayMs,
        over: false,
      };
      const model: Model = { state, tokens: [refreshToken] };
      const real = { sessionId };
      try {
        await fc.asyncModelRun(() => ({ model, real }), steps);
        // Of all tokens that were ever given the last one is good, or none.
        const isGood = !model.state.over && clock.now().getTime() < model.state.expiresAt;
        if (isGood) living += 1;
        await together(model, real, [stepFor(model, 0)]);
        assert.equal(model.tokens.length - 1, model.state.generation);
        for (let old = model.state.generation - 2; old >= 0; old -= 1)
          await together(model, real, [{ kind: "refresh", generation: old }]);
      } finally {
        await world.sql("DELETE FROM auth.sessions WHERE member_id = $1 AND id <> $2", [
          ofMember.memberId,
          ofMember.sessionId,
        ]);
      }
    });
    await fc.assert(property, { seed, numRuns: 40 });
    t.ok(living > 0, `${living} of 40 sessions were alive at the end`);
  },
);

await t.test(
  "A02 a clock that is set back makes an old token no retry, unless it is by what two clocks may differ",
  async (t) => {
    for (const [backMs, forgiven] of [
      [1_000, true],
      [60_000, false],
      [3_600_000, false],
    ] as const) {
      const { refreshToken } = (await logIn(one, email)).body;
      const next = (await refresh(one, refreshToken)).body;
      clock.move(-backMs);
      const again = await refresh(two, refreshToken);
      t.equal(
        again.body.refreshToken,
        forgiven ? next.refreshToken : undefined,
        `${backMs / secondMs} s back`,
      );
      t.equal((await refresh(one, next.refreshToken)).status, forgiven ? 200 : 401, "theft ends the session");
      clock.move(backMs);
    }
  },
);

const began = async () => (await logIn(one, email)).body as Session;

await t.test("a refresh that comes while the session is being ended waits, and is refused", async (t) => {
  const { sessionId, refreshToken, memberId } = await began();
  const held = await holdAccount(
    world,
    memberId,
    `UPDATE auth.sessions SET ended_at = now() WHERE id = '${sessionId}'`,
  );
  const answer = refresh(two, refreshToken);
  await waitingForLocks(world, 1);
  await held.commit();
  t.equal(
    (await answer).status,
    401,
    "without the account's lock it would have gone on with what it had read",
  );
});

await t.test("a refresh that was slow does not set the session back to where it began", async (t) => {
  const { sessionId, refreshToken, memberId } = await began();
  const second = (await refresh(one, refreshToken)).body;
  const [row] = await world.sql<{ rotated: string }>(
    "SELECT rotated_at::text AS rotated FROM auth.sessions WHERE id = $1",
    [sessionId],
  );
  const held = await holdAccount(
    world,
    memberId,
    `UPDATE auth.sessions SET generation = 3, rotated_at = '${row?.rotated}' WHERE id = '${sessionId}'`,
  );
  const answer = refresh(two, second.refreshToken);
  await waitingForLocks(world, 1);
  await held.commit();
  t.equal((await answer).status, 401, "two generations behind by the time it was looked at");
  t.match(await stored({ sessionId }), { generation: 3, over: true });
});

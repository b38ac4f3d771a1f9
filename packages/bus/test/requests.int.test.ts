import assert from "node:assert/strict";
import { DeadlineExceeded, NotFound, PublicError, requireContext, runWithContext } from "@kismet/service-kit";
import { deadlineIn, type RequestContext } from "@kismet/service-kit";
import { eventually } from "@kismet/testing";
import { headers, type Msg } from "@nats-io/transport-node";
import t from "tap";
import { failureOf, gate, within } from "./world/asking.ts";
import { Describe, Forward, Greet, Recall } from "./world/questions.ts";
import { World } from "./world/world.ts";

type Answer = (question: { name: string }) => Promise<{ greeting: string }>;
const kindly: Answer = async ({ name }) => ({ greeting: `Hello ${name}` });

t.setTimeout(120_000);

const world = await World.start(t, { withPostgres: false });
/** What auth answers in the test that runs, and with what it was asked. */
let answer: Answer;
let thing: unknown;
let heard: { name: string; context: RequestContext; remainingMs: number }[];
const hear: Answer = (question) => {
  const context = requireContext();
  heard.push({ ...question, context, remainingMs: context.deadline.remainingMs() });
  return answer(question);
};
const auth = await world.peer(t, "auth", (bus) => {
  bus.serve(Greet, hear);
  bus.serve(Recall, hear);
  bus.serve(Describe, async () => ({ thing }));
});
const profile = await world.peer(t, "profile", (bus) => {
  bus.serve(Forward, (question) => bus.request(Greet, question));
});
const matching = await world.peer(t, "matching");
const stranger = await world.stranger(t);

t.beforeEach(() => {
  answer = kindly;
  thing = undefined;
  heard = [];
  auth.lines.length = 0;
});

const greet = (name = "Ann") => matching.bus.request(Greet, { name });
const never = () => new Promise<never>(() => undefined);
const errorCodeOf = (reply: Msg) => reply.headers?.get("Nats-Service-Error-Code");

await t.test("what fits is answered", async (t) => {
  t.strictSame(await greet(), { greeting: "Hello Ann" });
});

await t.test("A05 a request that does not fit its schema is not sent", async (t) => {
  const unfit = { name: "Ann", age: 5 } as never;
  await t.rejects(matching.bus.request(Greet, unfit), { message: /auth.v1.greeting.make does not fit/ });
  await t.rejects(matching.bus.request(Greet, { name: "x".repeat(21) }), { message: /does not fit/ });
  t.same(heard, []);
});

await t.test(
  "A05 A08 a request that does not fit is refused whoever sends it, without being repeated",
  async (t) => {
    const unfit = ['{"name":"secret-value","age":1}', '{"name":["secret-value"]}', '"secret-value"', "{", ""];
    for (const text of unfit) {
      const reply = await stranger.request(Greet.subject, text, { timeout: 1_000 });
      t.equal(errorCodeOf(reply), "400", text);
      t.match(reply.json(), {
        code: "VALIDATION_FAILED",
        status: 400,
        errors: [{ path: String, message: String }],
      });
      t.notMatch(reply.string(), "secret-value");
    }
    t.same(heard, [], "no handler has seen it");
  },
);

await t.test("A08 an answer that does not fit is the answerer's fault and reaches nobody", async (t) => {
  answer = async () => ({ greeting: 5, passwordHash: "secret-value" }) as never;
  const { code, status } = await failureOf(greet);
  t.strictSame([code, status], ["INTERNAL", 500]);
  const reply = await stranger.request(Greet.subject, '{"name":"Ann"}', { timeout: 1_000 });
  t.notMatch(reply.string(), "secret-value");
  t.match(
    auth.lines.filter(({ level }) => level === "error"),
    [{ err: { message: /the answer to auth.v1.greeting.make does not fit/ } }, {}],
    "and is logged where it can be mended",
  );
});

await t.test(
  "A05 an answer of somebody older that does not fit is an error, and not passed on",
  async (t) => {
    const subscription = stranger.subscribe("profile.v1.old.answer", {
      callback(_, message) {
        message.respond(message.string().includes("json") ? "{" : '{"greeting":5}');
      },
    });
    const ask = (name: string) =>
      matching.bus.request({ ...Greet, subject: "profile.v1.old.answer" }, { name });
    for (const name of ["type", "json"])
      await t.rejects(ask(name), { message: /the answer to profile.v1.old.answer does not fit/ });
    subscription.unsubscribe();
  },
);

await t.test("A23 the deadline travels: each hop knows how much time is left", async (t) => {
  const asked = await within(700, () => matching.bus.request(Forward, { name: "Ann" }));
  t.strictSame(asked, { greeting: "Hello Ann" });
  const remainingMs = heard[0]?.remainingMs ?? 0;
  t.ok(remainingMs > 300 && remainingMs <= 700, `two hops away ${remainingMs} ms are left`);
  await greet();
  t.ok((heard[1]?.remainingMs ?? Infinity) <= Greet.timeoutMs, "without a deadline the contract's counts");
});

await t.test("A23 past the deadline the asker is told, and the work's own questions end", async (t) => {
  const { promise: end, resolve } = Promise.withResolvers<unknown>();
  answer = async () => {
    const { deadline } = requireContext();
    await eventually(() => assert.ok(deadline.expired()), { timeoutMs: 2_000 });
    resolve(await profile.bus.request(Forward, { name: "too late" }).catch((error: unknown) => error));
    return { greeting: "too late" };
  };
  const { code, status, afterMs } = await failureOf(() => within(300, greet));
  t.strictSame([code, status], ["DEADLINE_EXCEEDED", 504]);
  t.ok(afterMs >= 250 && afterMs < 900, `${Math.round(afterMs)} ms`);
  t.match(await end, { code: "DEADLINE_EXCEEDED" }, "what the handler asks later is not asked");
  t.equal(heard.length, 1);
});

await t.test("A23 work whose asker has gone is not begun", async (t) => {
  const tooLate = headers();
  tooLate.set("x-deadline-ms", "0");
  const reply = await stranger.request(Greet.subject, '{"name":"Ann"}', { timeout: 1_000, headers: tooLate });
  t.equal(errorCodeOf(reply), "504");
  t.same(heard, []);
});

await t.test("A09 a silent answerer costs the contract's time and no more", async (t) => {
  answer = never;
  const { code, afterMs } = await failureOf(greet);
  t.equal(code, "DEADLINE_EXCEEDED");
  t.ok(afterMs >= 950 && afterMs < 1_600, `${Math.round(afterMs)} ms`);
});

await t.test("A09 where nobody answers, that is said at once", async (t) => {
  const nobody = { ...Greet, subject: "billing.v1.nobody.answers" } as const;
  const { code, status, afterMs, error } = await failureOf(() =>
    matching.bus.request(nobody, { name: "Ann" }),
  );
  t.strictSame([code, status], ["UNAVAILABLE", 503]);
  t.ok(error.retryAfterSeconds && error.retryAfterSeconds > 0);
  t.ok(afterMs < 500, `${Math.round(afterMs)} ms`);
});

await t.test("A11 request id, trace and token are the same at the third process", async (t) => {
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const context = {
    requestId: "the-one-request",
    traceparent: `00-${traceId}-b7ad6b7169203331-01`,
    deadline: deadlineIn(2_000),
    token: "header.payload.signature",
  };
  answer = async () => {
    throw new Error("so that there is a line");
  };
  const ask = () => matching.bus.request(Forward, { name: "Ann" });
  await t.rejects(runWithContext(context, ask), { code: "INTERNAL" });
  t.match(heard[0]?.context, { requestId: context.requestId, token: context.token });
  t.match(heard[0]?.context.traceparent, traceId);
  t.match(auth.lines, [{ level: "error", requestId: context.requestId, traceId }]);
});

await t.test("A11 what has no request of its own gets an id", async (t) => {
  await greet();
  t.match(heard[0]?.context, { requestId: /^[0-9a-f-]{36}$/, traceparent: /^00-[0-9a-f]{32}-/ });
});

await t.test("A08 A13 a public error arrives as it was thrown, without its cause", async (t) => {
  answer = async () => {
    throw new PublicError("GREETING_REFUSED", 409, "Not today.", {
      errors: [{ path: "/name", message: "is impolite" }],
      retryAfterSeconds: 7,
      cause: new Error("secret-value"),
    });
  };
  const { error } = await failureOf(greet);
  t.match(error, { code: "GREETING_REFUSED", status: 409, detail: "Not today.", retryAfterSeconds: 7 });
  t.strictSame(error.errors, [{ path: "/name", message: "is impolite" }]);
  const reply = await stranger.request(Greet.subject, '{"name":"Ann"}', { timeout: 1_000 });
  t.strictSame(Object.keys(reply.json()).sort(), ["code", "detail", "errors", "retryAfterSeconds", "status"]);
  t.notMatch(reply.string(), "secret-value");
});

await t.test("A08 any other error says nothing but that there was one", async (t) => {
  answer = async () => {
    throw new Error("connect postgres://kismet:secret-value@db/kismet");
  };
  const reply = await stranger.request(Greet.subject, '{"name":"Ann"}', { timeout: 1_000 });
  t.strictSame(reply.json(), {
    code: "INTERNAL",
    status: 500,
    detail: "Something went wrong on our side.",
  });
  t.notMatch(reply.headers?.toString() ?? "", "secret-value");
  t.match(auth.lines, [{ level: "error", message: "request failed", err: { message: /secret-value/ } }]);
});

await t.test("A08 an error reply that is not ours is not believed", async (t) => {
  const subscription = stranger.subscribe("profile.v1.odd.error", {
    callback(_, message) {
      const odd = headers();
      odd.set("Nats-Service-Error-Code", "200");
      message.respond('{"code":"lower case","status":200,"detail":5}', { headers: odd });
    },
  });
  const ask = () => matching.bus.request({ ...Greet, subject: "profile.v1.odd.error" }, { name: "Ann" });
  t.match((await failureOf(ask)).error, { code: "INTERNAL", status: 500 });
  subscription.unsubscribe();
});

await t.test("A08 an answer that can't be sent is logged, and the asker told", async (t) => {
  const unsendable = new Map<string, () => Promise<unknown>>([
    ["too large", () => ((answer = async () => ({ greeting: "x".repeat(2_000_000) })), greet())],
    ["not JSON", () => ((thing = 5n), matching.bus.request(Describe, {}))],
  ]);
  for (const [what, ask] of unsendable) {
    auth.lines.length = 0;
    const { code, status, afterMs } = await failureOf(ask);
    t.strictSame([code, status], ["INTERNAL", 500], what);
    t.ok(afterMs < 800, "at once");
    t.match(auth.lines, [
      { level: "error", subject: /^auth\.v1\./, requestId: String, err: { message: String } },
    ]);
    t.equal(auth.lines.length, 1, "once");
  }
});

await t.test(
  "A25 what may be asked again is, when its answer is lost or passing trouble is told",
  async (t) => {
    answer = (question) => (heard.length === 1 ? never() : kindly(question));
    t.strictSame(await matching.bus.request(Recall, { name: "Ann" }), { greeting: "Hello Ann" });
    t.equal(heard.length, 2);
    heard = [];
    answer = async () => {
      throw new PublicError("UNAVAILABLE", 503, "Not now.");
    };
    await failureOf(() => matching.bus.request(Recall, { name: "Ann" }));
    t.equal(heard.length, 3, "a bounded number of times");
  },
);

await t.test("A25 what may not be asked again is not, nor what would fail again", async (t) => {
  for (const failure of [new DeadlineExceeded(), new PublicError("UNAVAILABLE", 503, "Not now.")]) {
    heard = [];
    answer = () => Promise.reject(failure);
    await failureOf(greet);
    t.equal(heard.length, 1);
  }
  heard = [];
  answer = () => Promise.reject(new NotFound());
  await failureOf(() => matching.bus.request(Recall, { name: "Ann" }));
  t.equal(heard.length, 1);
});

await t.test("A09 more at once than can be answered in time are refused at once", async (t) => {
  const door = gate();
  answer = async (question) => {
    await door.wait();
    return kindly(question);
  };
  const asked = Array.from({ length: 300 }, () => failureOrNothing(greet()));
  await eventually(() => assert.ok(heard.length >= 256));
  const refused = await Promise.race(asked);
  t.equal(refused, "UNAVAILABLE");
  t.equal(heard.length, 256);
  door.open();
  const all = await Promise.all(asked);
  t.equal(all.filter((code) => code === "UNAVAILABLE").length, 44, "and all others answered");
});

await t.test("A29 a process that stops answers what it has taken, and takes no more", async (t) => {
  const door = gate();
  // The one that is taken has time until another was refused.
  const patient = { ...Greet, subject: "billing.v1.greeting.make", timeoutMs: 10_000 } as const;
  const leaving = await world.peer(t, "billing", (bus) => {
    bus.serve(patient, async (question) => {
      await door.wait();
      return kindly(question);
    });
  });
  const ask = () => matching.bus.request(patient, { name: "Ann" });
  const taken = ask();
  await door.arrived;
  const stopped = leaving.stop();
  await eventually(async () => assert.equal((await failureOf(ask)).code, "UNAVAILABLE"));
  door.open();
  t.strictSame(await taken, { greeting: "Hello Ann" });
  await stopped;
});

async function failureOrNothing(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error instanceof PublicError ? error.code : String(error);
  }
}

import { test } from "tap";
import { runWithContext } from "../context/request-context.ts";
import { deadlineIn } from "../context/deadline.ts";
import { createLogger } from "./logger.ts";

function logged(write: (logger: ReturnType<typeof createLogger>) => void): Record<string, unknown> {
  let line = "";
  write(
    createLogger(
      { service: "chat", instanceId: "test", level: "info" },
      { write: (text) => void (line = text) },
    ),
  );
  return JSON.parse(line) as Record<string, unknown>;
}

test("a line tells its time to the millisecond", (t) => {
  const now = Date.UTC(2026, 10, 24, 23, 59, 58, 7);
  for (const ms of [0, 1_992, 1_993, 2_000, 11_993, 61_993, 3_600_000, -86_400_000]) {
    t.intercept(Date, "now", { value: () => now + ms });
    const { time } = logged((logger) => logger.info("done"));
    t.equal(time, new Date(now + ms).toISOString());
  }
  t.end();
});

test("A04 a secret is redacted wherever it turns up, and everything else is as it was", async (t) => {
  const fields = {
    memberId: "m1",
    password: "s1",
    Email: "s2",
    code: "NOT_FOUND",
    headers: { host: "kismet", Authorization: "s3", "set-cookie": ["s4"] },
    request: {
      body: { code: "s5", kind: "like", tries: [{ text: "s6" }, { seq: 2 }], place: { latitude: 7.5 } },
    },
    payload: { code: "s7", at: new Date(0) },
    reply: { code: 409, newPassword: null },
  };
  const before = structuredClone(fields);
  const line = logged((logger) => logger.info(fields, "done"));
  // The place as a value: the time of the line may well have these digits.
  t.notMatch(JSON.stringify(line), /"s\d"|[:[,]7\.5/);
  t.match(line, {
    memberId: "m1",
    password: "[redacted]",
    code: "NOT_FOUND",
    headers: { host: "kismet", "set-cookie": "[redacted]" },
    request: { body: { code: "[redacted]", kind: "like", tries: [{ text: "[redacted]" }, { seq: 2 }] } },
    payload: { at: "1970-01-01T00:00:00.000Z" },
    reply: { code: 409, newPassword: null },
  });
  t.same(fields, before, "what was logged is not touched");
});

test("A04 so it is in what hangs on an error", async (t) => {
  const cause = Object.assign(new Error("refused"), { code: "EREFUSED", headers: { cookie: "s1" } });
  const line = logged((logger) => logger.error({ err: cause }, "failed"));
  t.match(line, {
    err: { type: "Error", message: "refused", code: "EREFUSED", headers: { cookie: "[redacted]" } },
  });
  t.match(line["err"], { stack: /refused/ });
  t.match(
    logged((logger) => logger.warn({ reason: cause }, "failed")),
    { reason: { headers: { cookie: "[redacted]" } } },
  );
});

test("A04 what is too deep to be looked at, or refers to itself, is not shown", async (t) => {
  const self: Record<string, unknown> = { token: "s1" };
  self["self"] = self;
  t.notMatch(JSON.stringify(logged((logger) => logger.info({ self }, "done"))), /"s1"/);
});

test("A11 a line has the ids of the context that it is written in", async (t) => {
  const context = {
    requestId: "r1",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    deadline: deadlineIn(1_000),
  };
  const line = runWithContext(context, () => logged((logger) => logger.info("done")));
  t.match(line, {
    requestId: "r1",
    traceId: "0af7651916cd43dd8448eb211c80319c",
    service: "chat",
    level: "info",
  });
});

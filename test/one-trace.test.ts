import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { MatchCreated, type ServiceName } from "@kismet/contracts";
import { eventually, newId, spawnSystem, type System } from "@kismet/testing";
import t, { type Test } from "tap";
import { createMembers, Phone, type SystemMember } from "./member.ts";
import { exportTo, type OtlpReceiver, type Span, startOtlpReceiver } from "./otlp-receiver.ts";

t.setTimeout(90_000);

/** What one like that becomes a match must show, in the order in which it happens. */
const stations: [service: string, span: RegExp][] = [
  ["kismet-gateway", /^POST \/v1\/swipes$/],
  ["kismet-gateway", /^POST$/],
  ["kismet-matching", /^POST \/v1\/swipes$/],
  ["kismet-matching", /^pg\.query:COMMIT/],
  ["kismet-matching", new RegExp(`^emit ${MatchCreated.subject}$`)],
  ["kismet-chat", new RegExp(`^consume ${MatchCreated.subject}$`)],
  ["kismet-chat", /^pg\.query:INSERT/],
  ["kismet-chat", /^chat\.push$/],
];

await t.test(
  "proof 5: one like is one trace and one request id, from the edge to the socket (A11)",
  async (t) => {
    const receiver = await startOtlpReceiver();
    t.teardown(receiver.close);
    const system = await spawnSystem(t, { env: exportTo(receiver) });
    const [ann, ben] = await createMembers(system, 2);
    if (!ann || !ben) return t.fail("there are two");
    const phone = new Phone(ann, [system.url]);
    await phone.turnOn();
    await ann.like(ben);

    const requestId = `like-${newId()}`;
    const client = { traceId: randomBytes(16).toString("hex"), spanId: randomBytes(8).toString("hex") };
    const traceparent = `00-${client.traceId}-${client.spanId}-01`;
    const answer = await ben.like(ann, { headers: { "x-request-id": requestId, traceparent } });
    t.equal(answer.status, 201);
    t.equal(answer.body.matched, true);
    t.equal(answer.headers.get("x-request-id"), requestId);
    await eventually(() => assert.ok(phone.changes.some(({ change }) => change.type === "match")));

    const spans = await spansOfLike(receiver, client.traceId);
    for (const [service, name] of stations) {
      t.ok(
        spans.some((span) => span.service === service && name.test(span.name)),
        `${service} has a span ${name}`,
      );
    }
    const known = new Set([client.spanId, ...spans.map(({ spanId }) => spanId)]);
    t.same(
      spans.filter(({ parentSpanId }) => !known.has(parentSpanId)),
      [],
      "each span hangs on another one, up to the client's",
    );
    t.equal(spans.filter(({ parentSpanId }) => parentSpanId === client.spanId).length, 1, "one begins it");
    t.equal(descent(spans, "chat.push").at(-1)?.service, "kismet-gateway", "the push descends from the edge");

    await t.test("log lines", (t) => provesLines(t, system, requestId, client.traceId));
    await t.test("errors carry them too", async (t) => {
      const headers = { "x-request-id": `${requestId}-2`, traceparent };
      const refused = await ann.call("POST", "/v1/swipes", { targetId: "no id" }, { headers });
      t.match([refused.status, refused.body.requestId], [400, `${requestId}-2`]);
    });
    await t.test("A02 no span tells a query", (t) => provesAddresses(t, receiver, ann));
    t.same(strangersTo(receiver, system), [], "no trace is shared by two requests");
    phone.turnOff();
  },
);

/** The links of mails carry tokens there, and spans leave the system. */
async function provesAddresses(t: Test, receiver: OtlpReceiver, member: SystemMember): Promise<void> {
  const secret = randomBytes(16).toString("hex");
  const traceId = randomBytes(16).toString("hex");
  const traceparent = `00-${traceId}-${randomBytes(8).toString("hex")}-01`;
  await member.call("GET", `/v1/discovery?limit=${secret}`, undefined, { headers: { traceparent } });
  await eventually(
    () => {
      const services = new Set(
        receiver.spans.filter((span) => span.traceId === traceId).map((each) => each.service),
      );
      assert.ok(services.size >= 2);
    },
    { timeoutMs: 10_000 },
  );
  const told = receiver.spans.filter((span) => JSON.stringify(span).includes(secret));
  t.same(told, []);
}

/** All of them, once the last of them has come. */
async function spansOfLike(receiver: OtlpReceiver, traceId: string): Promise<Span[]> {
  const ofTrace = () => receiver.spans.filter((span) => span.traceId === traceId);
  await eventually(
    () => {
      for (const [service, name] of stations)
        assert.ok(ofTrace().some((span) => span.service === service && name.test(span.name)));
      const ids = new Set(ofTrace().map(({ spanId }) => spanId));
      assert.equal(ofTrace().filter(({ parentSpanId }) => !ids.has(parentSpanId)).length, 1);
    },
    { timeoutMs: 10_000, everyMs: 100 },
  ).catch(() => undefined);
  return ofTrace();
}

/** From a span up to the root. */
function descent(spans: Span[], name: string): Span[] {
  const line: Span[] = [];
  let span = spans.find((each) => each.name === name);
  while (span && !line.includes(span)) {
    line.push(span);
    const parent: string = span.parentSpanId;
    span = spans.find(({ spanId }) => spanId === parent);
  }
  return line;
}

type Line = { requestId?: string; traceId?: string; message?: string; service?: ServiceName };

async function provesLines(t: Test, system: System, requestId: string, traceId: string): Promise<void> {
  const lines = () =>
    system.lines.map(({ text }) => JSON.parse(text) as Line).filter((line) => line.requestId === requestId);
  await eventually(() => {
    for (const service of ["gateway", "matching", "chat"])
      assert.ok(
        lines().some((line) => line.service === service),
        `${service} has logged nothing of it`,
      );
  });
  t.same(new Set(lines().map((line) => line.service)), new Set(["gateway", "matching", "chat"]));
  t.same(new Set(lines().map((line) => line.traceId)), new Set([traceId]), "all with the trace");
}

/** Requests of the log that share their trace with another request. */
function strangersTo(receiver: OtlpReceiver, system: System): string[] {
  const idsOf = new Map<string, Set<string>>();
  for (const { text } of system.lines) {
    const { requestId, traceId } = JSON.parse(text) as Line;
    if (!requestId || !traceId || !receiver.spans.some((span) => span.traceId === traceId)) continue;
    idsOf.set(traceId, (idsOf.get(traceId) ?? new Set()).add(requestId.replace(/-2$/, "")));
  }
  return [...idsOf.values()].filter((ids) => ids.size > 1).map((ids) => [...ids].join(" and "));
}

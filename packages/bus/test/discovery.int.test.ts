import assert from "node:assert/strict";
import { eventually } from "@kismet/testing";
import type { NatsConnection } from "@nats-io/nats-core";
import { type ServiceInfo, Svcm } from "@nats-io/services";
import t from "tap";
import { Forward, Greet, Recall } from "./world/questions.ts";
import { World } from "./world/world.ts";

const world = await World.start(t, { withPostgres: false });
const answeredBy: string[] = [];
const wire = (name: string) => (bus: Parameters<NonNullable<Parameters<World["peer"]>[2]>>[0]) => {
  const answer = async () => {
    answeredBy.push(name);
    return { greeting: name };
  };
  bus.serve(Greet, answer);
  bus.serve(Recall, answer);
};
const first = await world.peer(t, "auth", wire("first"));
const second = await world.peer(t, "auth", wire("second"));
await world.peer(t, "profile", (bus) => bus.serve(Forward, async () => ({ greeting: "" })));
const asker = await world.peer(t, "matching");
const operator = await world.stranger(t);

type OlderConnection = ConstructorParameters<typeof Svcm>[0];
const client = new Svcm(operator as NatsConnection as unknown as OlderConnection).client({
  maxWait: 500,
  strategy: "timer",
});

async function all<T>(found: Promise<AsyncIterable<T>>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of await found) items.push(item);
  return items;
}

await t.test("the usual client finds each instance, and what it can be asked", async (t) => {
  const infos = (await all<ServiceInfo>(client.info())).sort((a, b) => a.name.localeCompare(b.name));
  t.strictSame(
    infos.map(({ name, version }) => `${name} ${version}`),
    ["auth 1.0.0", "auth 1.0.0", "profile 1.0.0"],
    "who answers nothing is no service",
  );
  t.not(infos[0]?.id, infos[1]?.id);
  for (const info of infos.slice(0, 2)) {
    const subjects = info.endpoints.map(({ subject }) => subject).sort();
    t.strictSame(subjects, [Greet.subject, Recall.subject]);
    for (const { metadata, queue_group } of info.endpoints) {
      t.equal(queue_group, "auth", "one instance gets each");
      t.strictSame(JSON.parse(metadata?.["request"] ?? ""), JSON.parse(JSON.stringify(Greet.request)));
      t.strictSame(JSON.parse(metadata?.["reply"] ?? ""), JSON.parse(JSON.stringify(Greet.reply)));
      t.equal(metadata?.["timeoutMs"], "1000");
    }
    t.strictSame(info.endpoints.map(({ metadata }) => metadata?.["idempotent"]).sort(), ["false", "true"]);
  }
  t.equal((await all(client.ping("auth"))).length, 2);
});

await t.test("so does whoever speaks NATS and nothing else", async (t) => {
  const info = await operator.request("$SRV.INFO.profile", "", { timeout: 1_000 });
  t.match(info.json(), {
    type: "io.nats.micro.v1.info_response",
    name: "profile",
    endpoints: [{ name: "profile-v1-greeting-forward", subject: Forward.subject }],
  });
  const ping = await operator.request("$SRV.PING", "", { timeout: 1_000 });
  t.match(ping.json(), { type: "io.nats.micro.v1.ping_response", name: /^(auth|profile)$/ });
});

await t.test("one instance answers each request, and its statistics say so", async (t) => {
  for (let count = 0; count < 60; count += 1) await asker.bus.request(Greet, { name: "Ann" });
  t.equal(answeredBy.length, 60);
  t.strictSame([...new Set(answeredBy)].sort(), ["first", "second"], "both have their share");
  const stats = await all(client.stats("auth"));
  const counts = stats.flatMap(({ endpoints }) =>
    (endpoints ?? []).filter(({ name }) => name === "auth-v1-greeting-make"),
  );
  t.equal(
    counts.reduce((sum, { num_requests }) => sum + num_requests, 0),
    60,
  );
});

await t.test("A19 they are found again after NATS has been restarted", async () => {
  await world.killNats();
  await world.startNats();
  await eventually(async () => assert.equal((await all(client.ping("auth"))).length, 2), {
    timeoutMs: 10_000,
  });
  await eventually(() => asker.bus.request(Greet, { name: "Ann" }), { timeoutMs: 5_000 });
});

await t.test("an instance that has stopped is not found any more, and the other answers", async (t) => {
  await first.stop();
  t.equal((await all(client.ping("auth"))).length, 1);
  t.strictSame(await asker.bus.request(Greet, { name: "Ann" }), { greeting: "second" });
  await second.stop();
  await t.rejects(all(client.ping("auth")), { message: /no responders/ });
});

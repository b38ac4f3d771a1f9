import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { closeCodes, domainServices, type Message, type ServiceName } from "@kismet/contracts";
import { eventually, type Instance, newId, spawnSystem, type System } from "@kismet/testing";
import t, { type Test } from "tap";
import { type Answer, matchThem, Phone, settle, type SystemMember } from "./member.ts";
import { signUp } from "./sign-up.ts";

t.setTimeout(300_000);

/** Of each worker: processes that start have to get their share of a small machine. */
const paceMs = 80;
/** Answers that must come before the next instance goes. */
const goal = 20;
const order = [...domainServices, "gateway"] as const;
const holdsSockets: ReadonlySet<ServiceName> = new Set<ServiceName>(["chat", "gateway"]);

type Call = [method: string, path: string, body?: unknown];

/** Safe to send again: a load balancer may, and so does this client when a gateway is gone. */
const reads: Call[] = [
  ["GET", "/v1/discovery?limit=5"],
  ["GET", "/v1/matches"],
  ["GET", "/v1/conversations"],
  ["GET", "/v1/profile"],
  ["GET", "/v1/auth/me"],
  ["GET", "/v1/billing/catalogue"],
  ["GET", "/v1/billing/entitlements"],
  ["PATCH", "/v1/profile", { bio: "still here" }],
];

/** A stream of requests through whichever gateway takes connections, which remembers all that was answered. */
class Load {
  readonly answers: string[] = [];
  readonly failures: string[] = [];
  readonly acknowledged: Message[] = [];
  readonly #urls: string[];
  readonly #stopping = new AbortController();
  readonly #workers: Promise<void>[];
  #turn = 0;

  constructor(urls: string[], members: SystemMember[], talk: string) {
    this.#urls = urls;
    const [ann, ben] = members;
    assert.ok(ann && ben);
    this.#workers = [
      ...members.map((member) => {
        let n = 0;
        return this.#repeat(async () => {
          await this.#send(member, reads[n++ % reads.length] as Call);
        });
      }),
      ...[ann, ben].map((member) => this.#repeat(() => this.#say(member, talk))),
    ];
  }

  async untilMore(): Promise<void> {
    const from = this.answers.length;
    await eventually(() => assert.ok(this.answers.length >= from + goal), { timeoutMs: 30_000 });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#workers);
  }

  async #repeat(work: () => Promise<void>): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await work();
      await delay(paceMs);
    }
  }

  async #say(member: SystemMember, talk: string): Promise<void> {
    const message = { clientMessageId: newId(), type: "text", text: "hello again" };
    const answer = await this.#send<Message>(member, ["POST", `/v1/conversations/${talk}/messages`, message]);
    if (answer?.status === 201 || answer?.status === 200) this.acknowledged.push(answer.body);
  }

  async #send<Body>(member: SystemMember, call: Call): Promise<Answer<Body> | undefined> {
    const [method, path, body] = call;
    const name = `${method} ${path.replace(/[0-9a-f-]{36}/, ":id")}`;
    try {
      const answer = await this.#balanced<Body>(member, call);
      this.answers.push(`${answer.status}`);
      if (answer.status >= 300) this.failures.push(`${name}: ${answer.status} ${answer.body.code}`);
      return answer;
    } catch (error) {
      this.failures.push(`${name}: ${String((error as Error).cause ?? error)} ${body === undefined}`);
      return undefined;
    }
  }

  /** What stands before gateways: the next one, when one takes no connection or loses it. */
  async #balanced<Body>(member: SystemMember, [method, path, body]: Call): Promise<Answer<Body>> {
    const first = this.#turn++;
    let lastError: unknown;
    for (let i = 0; i < this.#urls.length; i += 1) {
      const url = this.#urls[(first + i) % this.#urls.length] ?? "";
      try {
        return await member.call<Body>(method, path, body, { url });
      } catch (error) {
        lastError = error;
      }
    }
    throw lastError;
  }
}

/** Says how long the instance took to stop, and to be ready again. */
async function restart(instance: Instance): Promise<string> {
  const begin = performance.now();
  const exit = await instance.stop();
  assert.deepEqual(exit, { code: 0, signal: null }, `${instance.service} ends in good order`);
  const stopped = performance.now();
  await instance.start();
  return `${Math.round(stopped - begin)} + ${Math.round(performance.now() - stopped)}`;
}

/** Both where sockets have to move to the other one and back; one of two where the other simply takes over. */
function restartedOf(system: System, service: ServiceName): Instance[] {
  const instances = system.instances(service);
  return holdsSockets.has(service) ? instances : instances.slice(0, 1);
}

async function connectedAgain(phones: Phone[]): Promise<void> {
  await eventually(() => assert.ok(phones.every((phone) => phone.isConnected)), { timeoutMs: 20_000 });
}

await t.test(
  "proof 4: every service restarted, one instance after the other, under load (A29)",
  async (t) => {
    const system = await spawnSystem(t, {
      instances: 2,
      auth: "real",
      settings: { chat: { reconnectSpreadMs: 200 } },
    });
    const urls = system.instances("gateway").map(({ url }) => url);
    const accounts = await Promise.all(Array.from({ length: 4 }, () => signUp(system)));
    const [ann, ben, ...others] = accounts.map(({ member }) => member);
    if (!ann || !ben) return t.fail("there are four");
    await settle(system, [ann, ben, ...others]);
    const talk = await matchThem(ann, ben);
    const phones = [ann, ben, ann, ben].map((member) => new Phone(member, urls));
    for (const phone of phones) await phone.turnOn();

    const load = new Load(urls, [ann, ben, ...others], talk);
    await load.untilMore();
    const closesAt = new Map<string, Phone["closes"]>();
    for (const service of order) {
      const before = phones.map((phone) => phone.closes.length);
      for (const instance of restartedOf(system, service)) {
        const took = await restart(instance);
        await load.untilMore();
        await connectedAgain(phones);
        t.comment(`${service} took ${took} ms, ${load.answers.length} answers so far`);
      }
      closesAt.set(
        service,
        phones.flatMap((phone, i) => phone.closes.slice(before[i])),
      );
    }
    await load.stop();

    t.same(load.failures, [], `${load.answers.length} answers, not one of them an error`);
    for (const service of order.filter((name) => !holdsSockets.has(name)))
      t.same(closesAt.get(service), [], `${service} has no sockets to close`);
    t.ok(Number(closesAt.get("chat")?.length) >= phones.length, "chat's restart moved every socket");
    t.ok(
      closesAt.get("chat")?.every(({ code, announced }) => code === closeCodes.serviceRestart && announced),
      "each was told when to come back, then closed with 1012",
    );
    t.ok(Number(closesAt.get("gateway")?.length) >= phones.length, "the gateway's restart moved them too");
    t.ok(
      closesAt.get("gateway")?.every(({ code }) => code === closeCodes.serviceRestart),
      "with 1012",
    );
    await provesMessages(t, { system, load, talk, phones, members: [ann, ben] });
    for (const phone of phones) phone.turnOff();
  },
);

type Outcome = { system: System; load: Load; talk: string; phones: Phone[]; members: SystemMember[] };

async function provesMessages(t: Test, { load, talk, phones, members }: Outcome): Promise<void> {
  const ids = load.acknowledged.sort((a, b) => a.seq - b.seq).map(({ id }) => id);
  t.ok(ids.length > 0, `${ids.length} messages were acknowledged`);
  for (const member of members) {
    const inFeed = (await member.changes()).flatMap(({ change }) =>
      change.type === "message" && change.message.conversationId === talk ? [change.message.id] : [],
    );
    t.same(inFeed, ids, "each is there once, in order");
  }
  for (const phone of phones) {
    await eventually(() => assert.equal(phone.messageIds().length, ids.length)).catch(() => undefined);
    t.same(phone.messageIds(), ids, "each phone was sent each once, in order, over all its sockets");
  }
}

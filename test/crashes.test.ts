import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Conversation, Match, Message, SwipeAnswer } from "@kismet/contracts";
import { eventually, newId, spawnSystem, type System } from "@kismet/testing";
import t, { type Test } from "tap";
import { createMembers, matchThem, Phone, type SystemMember } from "./member.ts";

const memberCount = 40;
/** How much must be acknowledged before the next thing is killed, and after the last is back. */
const goal = { swipes: 25, messages: 40 };
/** People are not faster, and the pairs have to last until the end. */
const paceMs = 15;
const timeoutMs = 40_000;
/** Answers that are on their way arrive within this. */
const onTheWayMs = 100;

type Acked<T> = { by: SystemMember; what: T };
type Talk = { id: string; members: [SystemMember, SystemMember] };

/** Clients that do one thing after the other, each for as often as it takes to be acknowledged. */
class Load {
  readonly swipes: (Acked<SwipeAnswer> & { target: SystemMember })[] = [];
  readonly messages: Acked<Message>[] = [];
  readonly #stopping = new AbortController();
  readonly #workers: Promise<void>[];

  constructor(pairs: [SystemMember, SystemMember][], talks: Talk[]) {
    const waiting = [...pairs];
    this.#workers = [
      ...[1, 2].map(() => this.#repeat(() => this.#likeEachOther(waiting.pop()))),
      ...talks.flatMap((talk) => talk.members.map((by) => this.#repeat(() => this.#say(talk, by)))),
    ];
  }

  async untilMore(): Promise<void> {
    const from = { swipes: this.swipes.length, messages: this.messages.length };
    await eventually(
      () => {
        assert.ok(this.swipes.length >= from.swipes + goal.swipes, `${this.swipes.length} swipes`);
        assert.ok(this.messages.length >= from.messages + goal.messages, `${this.messages.length} messages`);
      },
      { timeoutMs },
    );
  }

  /** Whatever has been begun is acknowledged first. */
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

  async #likeEachOther(pair: [SystemMember, SystemMember] | undefined): Promise<void> {
    assert.ok(pair, "the pairs are used up");
    await Promise.all(
      [pair, pair.toReversed() as typeof pair].map(async ([by, target]) => {
        const like = { targetId: target.id, action: "like" };
        const { body } = await by.callPatiently<SwipeAnswer>("POST", "/v1/swipes", like);
        this.swipes.push({ by, target, what: body });
      }),
    );
  }

  async #say({ id }: Talk, by: SystemMember): Promise<void> {
    const message = { clientMessageId: newId(), type: "text", text: `message ${this.messages.length}` };
    const { body } = await by.callPatiently<Message>("POST", `/v1/conversations/${id}/messages`, message);
    this.messages.push({ by, what: body });
  }
}

function pairsOf(members: SystemMember[]): [SystemMember, SystemMember][] {
  return members.flatMap((one, i) =>
    members.slice(i + 1).map((other): [SystemMember, SystemMember] => [one, other]),
  );
}

type Victim = {
  name: string;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Of one that acknowledges: how many of the load's writes are committed and not acknowledged. */
  unacknowledged?: () => Promise<number>;
};

/** Of which service, and which of its statements; LIKE patterns. */
type Write = { by: string; statement: string };

/** Each thing on which the acknowledged depends, and how it is killed. */
function victimsOf(system: System, load: Load, crowd: SystemMember[]): Victim[] {
  const { servers, world } = system;
  const [matching] = system.instances("matching");
  const [chat] = system.instances("chat");
  assert.ok(servers && matching && chat);
  const { nats, postgres } = servers;
  const ids = crowd.map(({ id }) => id);
  const count = async (query: string, values: unknown[] = []) => {
    const [row] = await world.sql<{ count: number }>(`SELECT count(*)::int AS count ${query}`, values);
    return row?.count ?? 0;
  };
  const likes = () => count("FROM matching.swipes WHERE actor_id = ANY($1)", [ids]);
  const inTheWindow = (victim: Pick<Victim, "kill">, write: Write) => () =>
    killAtCommit(system, victim, write);
  return [
    { name: "NATS", kill: () => nats.kill(), start: () => nats.start() },
    {
      name: "Postgres",
      kill: inTheWindow(postgres, { by: "kismet-%", statement: "%" }),
      start: () => postgres.start(),
    },
    {
      name: "matching",
      kill: inTheWindow(matching, { by: "kismet-matching %", statement: "COMMIT" }),
      start: matching.start,
      unacknowledged: async () => (await likes()) - load.swipes.length,
    },
    {
      name: "chat",
      kill: inTheWindow(chat, { by: "kismet-chat %", statement: "%WITH input AS%" }),
      start: chat.start,
      unacknowledged: async () => (await count("FROM chat.messages")) - load.messages.length,
    },
  ];
}

/**
 * Kills it while commits wait in Postgres for a standby that does not exist: what they wrote is there to stay, and
 * nobody has been told. Released, they are seen.
 */
async function killAtCommit(
  { world, servers }: System,
  victim: Pick<Victim, "kill">,
  { by, statement }: Write,
): Promise<void> {
  const held = async () => {
    const [row] = await world.sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_stat_activity
       WHERE wait_event = 'SyncRep' AND application_name LIKE $1 AND query LIKE $2`,
      [by, statement],
    );
    return row?.count ?? 0;
  };
  await world.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  await world.sql("SELECT pg_reload_conf()");
  await eventually(async () => assert.ok((await held()) > 0), { timeoutMs, everyMs: 5 });
  await world.sql("ALTER SYSTEM RESET synchronous_standby_names");
  await victim.kill();
  if (victim === servers?.postgres) return;
  await world.sql("SELECT pg_reload_conf()");
  await eventually(async () => assert.equal(await held(), 0), { timeoutMs, everyMs: 5 });
  await delay(onTheWayMs);
}

t.setTimeout(240_000);

await t.test(
  "proof 2: NATS, Postgres, matching and chat killed under load; what was acknowledged is there once",
  async (t) => {
    const system = await spawnSystem(t, { servers: "private" });
    const members = await createMembers(system, memberCount);
    const [ann, ben, cat, dan, ...crowd] = members;
    if (!ann || !ben || !cat || !dan) return t.fail("there are four");
    const talks: Talk[] = [
      { id: await matchThem(ann, ben), members: [ann, ben] },
      { id: await matchThem(cat, dan), members: [cat, dan] },
    ];
    const phone = new Phone(ben, [system.url]);
    await phone.turnOn();

    const load = new Load(pairsOf(crowd), talks);
    await load.untilMore();
    for (const { name, kill, start, unacknowledged } of victimsOf(system, load, crowd)) {
      const begin = performance.now();
      await kill();
      const caught = await unacknowledged?.();
      await start();
      await load.untilMore();
      t.comment(`${name} was killed, and all went on after ${Math.round(performance.now() - begin)} ms`);
      if (caught !== undefined)
        t.ok(caught > 0, `${name} had committed ${caught} that it had not acknowledged`);
    }
    await load.stop();
    t.comment(`${load.swipes.length} swipes and ${load.messages.length} messages were acknowledged`);

    await t.test("every like and match, at both", (t) => provesMatches(t, system, crowd, load));
    await t.test("every message, at both", (t) => provesMessages(t, talks, load));
    await t.test("the socket was sent each message once, in order", async (t) => {
      const inTalk = load.messages.filter(({ what }) => what.conversationId === talks[0]?.id);
      await eventually(() => assert.equal(phone.messageIds().length, inTalk.length), { timeoutMs });
      t.same(new Set(phone.messageIds()), new Set(inTalk.map(({ what }) => what.id)));
      const seqs = phone.changes.map(({ seq }) => seq);
      t.same(
        seqs,
        seqs.map((_, i) => i + (seqs[0] ?? 1)),
        "without gaps or repetitions",
      );
      t.same(phone.malformed, []);
      phone.turnOff();
    });
    await t.test("projections equal the truth", (t) => provesProjections(t, system));
  },
);

async function provesMatches(t: Test, system: System, crowd: SystemMember[], load: Load): Promise<void> {
  const rows = await system.world.sql<{ actor_id: string; target_id: string; action: string }>(
    "SELECT actor_id, target_id, action FROM matching.swipes WHERE actor_id = ANY($1::uuid[])",
    [crowd.map(({ id }) => id)],
  );
  t.same(
    rows.map((row) => `${row.actor_id} ${row.action} ${row.target_id}`).sort(),
    load.swipes.map(({ by, target }) => `${by.id} like ${target.id}`).sort(),
    "each like is written once",
  );
  const expected = new Map(crowd.map(({ id }) => [id, new Map<string, string>()]));
  for (const { by, target, what } of load.swipes) {
    if (!what.matchId) continue;
    expected.get(by.id)?.set(what.matchId, target.id);
    expected.get(target.id)?.set(what.matchId, by.id);
  }
  t.equal(
    new Set(load.swipes.flatMap(({ what }) => what.matchId ?? [])).size,
    load.swipes.length / 2,
    "each pair was told of one match",
  );
  const wrong: string[] = [];
  for (const member of crowd) {
    const wanted = [...(expected.get(member.id) ?? [])].map((each) => each.join(" with ")).sort();
    const matches = await member.list<Match>("/v1/matches");
    if (!isSame(matches.map((each) => `${each.id} with ${each.member.memberId}`).sort(), wanted))
      wrong.push(`matches of ${member.id}`);
    // Chat hears of a match by an event, which may still be on its way.
    await eventually(
      async () => {
        const conversations = await member.list<Conversation>("/v1/conversations");
        const known = conversations.map((each) => `${each.id} with ${each.memberId}`).sort();
        assert.deepEqual(known, wanted);
      },
      { timeoutMs: 15_000, everyMs: 200 },
    ).catch(() => wrong.push(`conversations of ${member.id}`));
    if (wrong.length > 3) break;
  }
  t.same(wrong, [], "each member has each match and its conversation, and no other");
}

async function provesMessages(t: Test, talks: Talk[], load: Load): Promise<void> {
  for (const { id, members } of talks) {
    const expected = load.messages
      .map(({ what }) => what)
      .filter((message) => message.conversationId === id)
      .sort((a, b) => a.seq - b.seq);
    t.same(
      expected.map(({ seq }) => seq),
      expected.map((_, i) => i + 1),
      "numbered without gaps",
    );
    for (const member of members) {
      t.same(await historyOf(member, id), expected, "as they were acknowledged");
      const inFeed = (await member.changes()).flatMap(({ change }) =>
        change.type === "message" ? [change.message] : [],
      );
      t.same(inFeed, expected, "and so in the feed");
    }
  }
}

async function historyOf(member: SystemMember, id: string): Promise<Message[]> {
  const history: Message[] = [];
  for (let after: string | null = "0"; after !== null;) {
    const path: string = `/v1/conversations/${id}/messages?after=${after}&limit=100`;
    const { body } = await member.callPatiently<{ items: Message[]; nextCursor: string | null }>("GET", path);
    history.push(...body.items);
    after = body.nextCursor;
  }
  return history;
}

async function provesProjections(t: Test, { world }: System): Promise<void> {
  const pairs: [claim: string, truth: string, projection: string][] = [
    [
      "chat's conversations are matching's matches",
      "SELECT id::text AS id FROM matching.matches ORDER BY 1",
      "SELECT id::text AS id FROM chat.conversations WHERE ended_at IS NULL ORDER BY 1",
    ],
    [
      "matching's candidates are profile's profiles",
      "SELECT member_id::text AS id, version, first_name, cell FROM profile.profiles ORDER BY 1",
      "SELECT member_id::text AS id, profile_version AS version, first_name, cell FROM matching.candidates ORDER BY 1",
    ],
    [
      "nothing waits for replay, and nothing to be published",
      "SELECT 0 AS parked, 0 AS unpublished",
      `SELECT (SELECT count(*)::int FROM matching.parked) + (SELECT count(*)::int FROM chat.parked) AS parked,
              (SELECT count(*)::int FROM matching.outbox WHERE published_at IS NULL) +
              (SELECT count(*)::int FROM profile.outbox WHERE published_at IS NULL) AS unpublished`,
    ],
  ];
  for (const [claim, truth, projection] of pairs) {
    const expected = await world.sql(truth);
    t.ok(expected.length > 0);
    await eventually(async () => assert.deepEqual(await world.sql(projection), expected), {
      timeoutMs: 15_000,
      everyMs: 100,
    }).catch(() => undefined);
    t.same(await world.sql(projection), expected, claim);
  }
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

import assert from "node:assert/strict";
import { type LikePage, type Match, MatchEnded, type PayloadOf } from "@kismet/contracts";
import { PublicError } from "@kismet/service-kit";
import { eventually, forAWhile } from "@kismet/testing";
import { sql } from "drizzle-orm";
import t from "tap";
import { MatchingWorld, type Person } from "./matching-world.ts";

type Page<Item> = { items: Item[]; nextCursor: string | null };

t.setTimeout(180_000);

await t.test("super likes, likes, and what is heard of others", async (t) => {
  const settings = { superlikeGraceMs: 1_500, superlikeSweepMs: 50 };
  const matching = await MatchingWorld.start(t, { instances: 2, settings });
  const { ledger } = matching;

  /** A member with super likes, and others to spend them on. */
  async function withSuperlikes(balance: number): Promise<[Person, ...Person[]]> {
    const people = (await matching.people(Array.from({ length: 5 }, () => ({})))) as [Person, ...Person[]];
    ledger.balances.set(people[0].id, balance);
    return people;
  }
  /** After failures that were meant, the breaker of billing is let close again. */
  async function billingIsTrusted(): Promise<void> {
    const [cat, dan] = (await withSuperlikes(1)) as [Person, Person];
    await eventually(async () => assert.ok((await cat.swipe(dan, "superlike")).status < 300));
  }
  const balanceOf = ({ id }: Person) => ledger.balances.get(id);
  const statusesOf = async ({ id }: Person) => {
    const query = "SELECT status FROM matching.superlike_intents WHERE member_id = $1 ORDER BY id";
    return (await matching.world.sql<{ status: string }>(query, [id])).map(({ status }) => status);
  };

  await t.test("a super like is spent once, however often and wherever it is sent", async (t) => {
    const [ann, bob, eve] = (await withSuperlikes(5)) as [Person, Person, Person];
    const atOnce = await Promise.all(
      Array.from({ length: 6 }, (_, i) => ann.swipe(bob, "superlike", { note: "Tea?", instance: i % 2 })),
    );
    t.same(atOnce.map(({ status }) => status).sort(), [200, 200, 200, 200, 200, 201]);
    t.equal(new Set(atOnce.map(({ body }) => JSON.stringify(body))).size, 1, "one answer for all");
    t.match(
      atOnce[0]?.body,
      { matched: false, remaining: { likes: 50, superlikes: 4 } },
      "and no like is used",
    );
    t.equal(balanceOf(ann), 4, "one is spent");
    t.same(await statusesOf(ann), ["used"]);
    t.match(
      await ann.swipe(bob, "superlike", { note: "Wine?" }),
      { status: 409 },
      "with another note it is another",
    );

    await eve.swipe(ann, "like");
    t.match(await ann.swipe(eve, "superlike"), { status: 201, body: { matched: true } });
    t.match(await bob.swipe(ann, "like"), { status: 201, body: { matched: true } }, "it counts as a like");
    t.equal(balanceOf(ann), 3);
  });

  await t.test("without a balance nothing is spent, and nothing is left behind", async (t) => {
    const [ann, bob] = (await withSuperlikes(0)) as [Person, Person];
    const refused = await ann.swipe(bob, "superlike");
    t.match(refused, { status: 409, body: { code: "BILLING_BALANCE_INSUFFICIENT" } });
    t.not((await statusesOf(ann))[0], "open", "given up at once");
    await eventually(async () => assert.deepEqual(await statusesOf(ann), ["refunded"]));
    ledger.balances.set(ann.id, 1);
    t.match(await ann.swipe(bob, "superlike"), { status: 201 }, "bought since, sent again");
    t.equal(balanceOf(ann), 0);
  });

  await t.test(
    "a lost answer of billing spends nothing twice: sent again it is the same payment",
    async (t) => {
      const [ann, bob] = (await withSuperlikes(3)) as [Person, Person];
      let losses = 4;
      ledger.onSpent = async () => {
        if (losses-- > 0) throw new PublicError("UNAVAILABLE", 503, "the answer got lost");
      };
      const lost = await ann.swipe(bob, "superlike");
      losses = 0;
      const again = lost.status === 201 ? lost : await ann.swipe(bob, "superlike");
      t.equal(again.status, 201);
      t.equal(balanceOf(ann), 2);
      ledger.onSpent = async () => undefined;
    },
  );

  await t.test("what was paid for and never became a swipe is refunded, once", async (t) => {
    const [ann, bob] = (await withSuperlikes(3)) as [Person, Person];
    ledger.onSpent = () =>
      Promise.reject(new PublicError("UNAVAILABLE", 503, "billing dies after the booking"));
    t.match(await ann.swipe(bob, "superlike"), { status: 503 });
    t.equal(balanceOf(ann), 2, "spent");
    ledger.onSpent = async () => undefined;
    await eventually(async () => assert.deepEqual(await statusesOf(ann), ["refunded"]));
    t.equal(balanceOf(ann), 3, "refunded");
    await forAWhile(() => assert.deepEqual(balanceOf(ann), 3), 300);
    await billingIsTrusted();
    t.ok((await ann.deckIds()).includes(bob.id));
  });

  await t.test("a payment that is slower than the sweeper becomes no swipe, and is refunded", async (t) => {
    const [ann, bob] = (await withSuperlikes(3)) as [Person, Person];
    ledger.onSpent = async () => {
      await eventually(async () => assert.notEqual((await statusesOf(ann))[0], "open"));
    };
    const late = await ann.swipe(bob, "superlike");
    ledger.onSpent = async () => undefined;
    t.not(late.status, 201);
    await eventually(() => assert.deepEqual(balanceOf(ann), 3));
    await billingIsTrusted();
    t.match(await ann.swipe(bob, "superlike"), { status: 201 });
    t.equal(balanceOf(ann), 2);
  });

  await t.test("a target that blocks while the super like is paid for costs nothing", async (t) => {
    const [ann, bob] = (await withSuperlikes(3)) as [Person, Person];
    ledger.onSpent = async () => {
      await matching.tellBlock(bob, ann, true);
      await matching.settled("SELECT 1 FROM matching.blocks WHERE blocker_id = $1", [bob.id]);
    };
    t.match(await ann.swipe(bob, "superlike"), { status: 404, body: { code: "MATCHING_TARGET_NOT_FOUND" } });
    ledger.onSpent = async () => undefined;
    await eventually(() => assert.deepEqual(balanceOf(ann), 3));
  });

  await t.test("undoing a super like gives it back, once", async (t) => {
    const [ann, bob] = (await withSuperlikes(3)) as [Person, Person];
    await ann.swipe(bob, "superlike");
    const undone = await Promise.all([1, 2, 3].map(() => ann.call("DELETE", "/v1/swipes/last")));
    t.same(undone.map(({ status }) => status).sort(), [200, 404, 404]);
    await eventually(() => assert.deepEqual(balanceOf(ann), 3));
    t.match(await ann.swipe(bob, "superlike"), { status: 201 });
    t.equal(balanceOf(ann), 2, "liked anew it is paid for anew");
    t.same(await statusesOf(ann), ["refunded", "used"]);
  });

  await t.test("likes are told in number, and by name to those who are entitled", async (t) => {
    const [ann, ...others] = (await matching.people(Array.from({ length: 8 }, () => ({})))) as [
      Person,
      ...Person[],
    ];
    const likes = async (query = "") => (await ann.call<LikePage>("GET", `/v1/likes${query}`)).body;
    t.same(await likes(), { items: [], nextCursor: null, count: 0 });
    for (const other of others.slice(0, 5)) await other.swipe(ann, "like");
    await others[5]?.swipe(ann, "pass");
    ledger.balances.set((others[6] as Person).id, 1);
    await others[6]?.swipe(ann, "superlike", { note: "Tea?" });

    const blurred = await likes();
    t.strictSame(blurred, {
      items: Array.from({ length: 6 }, () => ({ blurred: true })),
      nextCursor: null,
      count: 6,
    });
    t.equal((await likes("?limit=2")).items.length, 2);

    await matching.tellEntitlements(ann.id, {
      tier: "plus",
      features: { unlimitedLikes: true, seeLikes: true },
    });
    const first = await eventually(async () => {
      const page = await likes("?limit=4");
      if (page.items[0]?.blurred !== false) throw new Error("still blurred");
      return page;
    });
    const second = await likes(`?limit=4&cursor=${first.nextCursor}`);
    const seen = [...first.items, ...second.items].map((like) => (like.blurred ? "" : like.member.memberId));
    t.same(
      seen,
      [
        others[6]?.id,
        ...others
          .slice(0, 5)
          .map(({ id }) => id)
          .reverse(),
      ],
      "newest first, in pages",
    );
    t.match(first.items[0], { blurred: false, member: { firstName: "Robin" }, superlike: { note: "Tea?" } });
    t.notOk("superlike" in (first.items[1] ?? {}));
    t.equal(second.nextCursor, null);

    await ann.swipe(others[0] as Person, "pass");
    await ann.swipe(others[1] as Person, "like");
    await matching.tellBlock(others[2] as Person, ann, true);
    await matching.tellAccount((others[3] as Person).id, "deleting");
    await eventually(async () => assert.deepEqual((await likes()).count, 2), { timeoutMs: 10_000 });
    await matching.tellAccount((others[3] as Person).id, "active");
    await eventually(async () => assert.deepEqual((await likes()).count, 3));
  });

  await t.test(
    "a block ends the match and hides the two from each other; unblocking brings no match back",
    async (t) => {
      const [ann, bob, eve] = (await matching.people([{}, {}, {}])) as [Person, Person, Person];
      for (const other of [bob, eve]) {
        await ann.swipe(other, "like");
        await other.swipe(ann, "like");
      }
      const matchesOf = async (person: Person) =>
        (await person.call<Page<Match>>("GET", "/v1/matches")).body.items.map(
          ({ member }) => member.memberId,
        );
      t.same(await matchesOf(ann), [eve.id, bob.id]);

      await matching.tellBlock(bob, ann, true, 3);
      await eventually(async () => assert.deepEqual(await matchesOf(ann), [eve.id]));
      t.same(await matchesOf(bob), []);
      await matching.tellBlock(bob, ann, false, 2);
      await matching.tellBlock(ann, bob, true);
      await matching.settled(
        "SELECT 1 FROM matching.blocks WHERE active AND blocker_id = ANY($1)",
        [[ann.id, bob.id]],
        2,
      );
      await matching.tellBlock(ann, bob, false);
      await matching.tellBlock(bob, ann, false, 4);
      await matching.settled(
        "SELECT 1 FROM matching.blocks WHERE NOT active AND blocker_id = ANY($1)",
        [[ann.id, bob.id]],
        2,
      );
      t.same(await matchesOf(ann), [eve.id]);
      const ended = (await matching.emitted<PayloadOf<typeof MatchEnded>>(MatchEnded.subject)).filter(
        ({ memberIds }) => memberIds.includes(bob.id),
      );
      t.match(ended, [{ reason: "block", memberIds: [ann.id, bob.id].sort() }]);
      t.equal(ended.length, 1, "ended once");

      await matching.tellAccount(eve.id, "deleting");
      await eventually(async () => assert.deepEqual(await matchesOf(ann), []));
      await matching.tellAccount(eve.id, "active");
      await eventually(async () => assert.deepEqual(await matchesOf(ann), [eve.id]), { timeoutMs: 10_000 });
    },
  );

  await t.test("a block that comes while a like is becoming a match ends it", async (t) => {
    const [ann, bob, eve] = (await matching.people([{}, {}, {}])) as [Person, Person, Person];
    await ann.swipe(bob, "like");
    await bob.swipe(eve, "pass");
    const waiting = async () =>
      (
        await matching.world.sql(
          "SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()",
        )
      ).length;
    const like = await matching.database.transaction(async (tx) => {
      // Holds the swipe up after it has looked for blocks, and before it commits.
      await tx.execute(sql`SELECT FROM matching.swipers WHERE member_id = ${bob.id} FOR UPDATE`);
      const reply = bob.swipe(ann, "like");
      await eventually(async () => assert.equal(await waiting(), 1));
      await matching.tellBlock(ann, bob, true);
      const block = "SELECT 1 FROM matching.blocks WHERE blocker_id = $1";
      await eventually(async () =>
        assert.ok((await waiting()) === 2 || (await matching.world.sql(block, [ann.id])).length === 1),
      );
      return { reply };
    });
    t.match(await like.reply, { status: 201, body: { matched: true } });
    const ended = "SELECT 1 FROM matching.matches WHERE ended_at IS NOT NULL AND $1 IN (low_id, high_id)";
    await matching.settled(ended, [ann.id]);
    t.match(await bob.call("GET", "/v1/matches"), { body: { items: [] } });
  });

  await t.test(
    "events that come in any order, twice or too late leave the projection as the last word has it",
    async (t) => {
      const ann = await matching.person();
      const [first, second, third] = [matching.stranger(), matching.stranger(), matching.stranger()];
      const isDealt = async ({ id }: Person) => {
        const [row] = await matching.world.sql<{ visible: boolean; first_name: string }>(
          "SELECT visible, first_name FROM matching.candidates WHERE member_id = $1",
          [id],
        );
        return row;
      };
      // Of each, one aggregate speaks before the other; entitlements and blocks before either.
      await matching.tellEntitlements(first.id, { balances: { boosts: 0, superlikes: 7 } });
      await matching.tellBlock(first, ann, true);
      await matching.settled("SELECT 1 FROM matching.blocks WHERE blocker_id = $1", [first.id]);
      await matching.tellAccount(first.id, "active");
      await matching.settled("SELECT 1 FROM matching.candidates WHERE member_id = $1", [first.id]);
      t.match(await isDealt(first), { visible: false }, "an account alone is not shown");
      await matching.tellProfile(first.id);
      await eventually(async () => assert.partialDeepStrictEqual(await isDealt(first), { visible: true }));
      t.match(await ann.swipe(first, "like"), { status: 404 }, "the block was kept");

      await matching.tellProfile(second.id, { firstName: "New" }, 9);
      await matching.tellProfile(second.id, { firstName: "Old" }, 8);
      await matching.tellProfile(second.id, { firstName: "Same" }, 9);
      await matching.tellAccount(second.id, "deleting", 5);
      await matching.tellAccount(second.id, "active", 4);
      await matching.tellProfile(third.id, { firstName: "Last" });
      await matching.tellAccount(third.id, "active");
      await eventually(async () =>
        assert.partialDeepStrictEqual(await isDealt(third), { visible: true, first_name: "Last" }),
      );
      await eventually(async () =>
        assert.partialDeepStrictEqual(await isDealt(second), { visible: false, first_name: "New" }),
      );
      t.match(await ann.swipe(second, "like"), { status: 404 });
      const { body } = await third.swipe(ann, "pass");
      t.match(body, { remaining: { superlikes: 0 } });
    },
  );

  await t.test("who has no profile with a place can't swipe", async (t) => {
    const [ann, nowhere] = (await matching.people([{}, { cell: null }])) as [Person, Person];
    for (const person of [nowhere, matching.stranger()]) {
      t.match(await person.swipe(ann, "like"), { status: 409, body: { code: "MATCHING_PROFILE_REQUIRED" } });
      t.match(await person.swipe(ann, "superlike"), {
        status: 409,
        body: { code: "MATCHING_PROFILE_REQUIRED" },
      });
    }
    t.match(await ann.swipe(nowhere, "like"), { status: 404, body: { code: "MATCHING_TARGET_NOT_FOUND" } });
    const bare = await fetch(`${matching.urls[0]}/v1/matches`);
    t.equal(bare.status, 401);
  });
});

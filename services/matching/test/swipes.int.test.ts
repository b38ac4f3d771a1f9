import type { Match, PayloadOf } from "@kismet/contracts";
import { MatchCreated, MatchEnded } from "@kismet/contracts";
import { eventually, newId, routesWithIds } from "@kismet/testing";
import t from "tap";
import { madrid, MatchingWorld, paris, type Person } from "./matching-world.ts";

type Page<Item> = { items: Item[]; nextCursor: string | null };

t.setTimeout(120_000);

await t.test("swipes and matches", async (t) => {
  const matching = await MatchingWorld.start(t, { instances: 2 });

  await t.test(
    "proof 1: 100 pairs that like each other at the same instant through two instances make 100 matches",
    async (t) => {
      const people = await matching.people(Array.from({ length: 200 }, () => ({})));
      const pairs = Array.from({ length: 100 }, (_, i) => people.slice(2 * i, 2 * i + 2) as [Person, Person]);

      const answers = await Promise.all(
        pairs.map(([a, b], i) =>
          Promise.all([a.swipePatiently(b, "like", i % 2), b.swipePatiently(a, "like", (i + 1) % 2)]),
        ),
      );
      t.ok(
        answers.flat().every(({ status }) => status === 201 || status === 200),
        "each swipe was recorded, some perhaps behind an answer that came too late",
      );
      t.ok(
        answers.every((pair) => pair.filter(({ body }) => body.matched).length === 1),
        "of each pair exactly one was told of the match",
      );
      const matches = await matching.world.sql("SELECT low_id, high_id FROM matching.matches");
      t.equal(matches.length, 100, "100 matches");
      t.equal(new Set(matches.map(({ low_id, high_id }) => `${low_id}${high_id}`)).size, 100, "none twice");
      const created = await matching.emitted<PayloadOf<typeof MatchCreated>>(MatchCreated.subject);
      t.equal(created.length, 100, "each told once to the others");
      await eventually(async () => {
        const left = await matching.world.sql("SELECT 1 FROM matching.outbox WHERE published_at IS NULL");
        if (left.length > 0) throw new Error(`${left.length} events are not published`);
      });

      const [a, b] = pairs[0] as [Person, Person];
      const [mine, theirs] = await Promise.all(
        [a, b].map((person) => person.call<Page<Match>>("GET", "/v1/matches")),
      );
      t.equal(mine?.body.items[0]?.id, theirs?.body.items[0]?.id);
      t.equal(mine?.body.items[0]?.member.memberId, b.id);
      t.equal(theirs?.body.items[0]?.member.memberId, a.id);
    },
  );

  await t.test(
    "a swipe sent again gets the same answer, another one of the same person is refused",
    async (t) => {
      const [ann, bob, eve] = (await matching.people([{}, {}, {}])) as [Person, Person, Person];

      const first = await ann.swipe(bob, "like");
      t.match(first, { status: 201, body: { matched: false, remaining: { likes: 49, superlikes: 0 } } });
      t.notOk("matchId" in first.body);
      const again = await ann.swipe({ id: bob.id.toUpperCase() }, "like");
      t.same([again.status, again.body], [200, first.body], "also under the id in capitals");
      const atOnce = await Promise.all(Array.from({ length: 8 }, () => ann.swipe(eve, "like")));
      t.same(atOnce.map(({ status }) => status).sort(), [200, 200, 200, 200, 200, 200, 200, 201]);
      t.equal(new Set(atOnce.map(({ body }) => JSON.stringify(body))).size, 1, "one answer for all");
      t.equal(atOnce[0]?.body.remaining.likes, 48, "one like was spent");

      t.match(await ann.swipe(bob, "pass"), { status: 409, body: { code: "MATCHING_SWIPE_CONFLICT" } });
      t.match(await ann.swipe(bob, "superlike"), { status: 409, body: { code: "MATCHING_SWIPE_CONFLICT" } });
      t.match(await ann.swipe(ann, "like"), { status: 400, body: { code: "MATCHING_SELF_SWIPE" } });
      t.match(await ann.swipe({ id: ann.id.toUpperCase() }, "like"), { status: 400 }, "nor in capitals");
      t.match(await ann.swipe(eve, "like", { note: "hello" }), {
        status: 400,
        body: { code: "MATCHING_NOTE_REFUSED" },
      });
      const unknown = await ann.swipe({ id: newId() }, "like");
      t.match(unknown, { status: 404, body: { code: "MATCHING_TARGET_NOT_FOUND" } });
      for (const body of [
        {},
        { targetId: "x", action: "like" },
        { targetId: bob.id, action: "love" },
        { targetId: bob.id, action: "like", extra: 1 },
        { targetId: bob.id, action: "superlike", note: "x".repeat(141) },
      ]) {
        t.match(await ann.call("POST", "/v1/swipes", body), {
          status: 400,
          body: { code: "VALIDATION_FAILED" },
        });
      }

      const match = await bob.swipe(ann, "like");
      t.match(match, { status: 201, body: { matched: true, matchId: String } });
      t.same((await bob.swipe(ann, "like")).body, match.body);
      t.same((await ann.swipe(bob, "like")).body, first.body, "what was answered stays answered");
    },
  );

  await t.test(
    "likes are limited by the day, passes are not, and plus lifts the limit at once",
    async (t) => {
      const [ann, ...others] = (await matching.people(Array.from({ length: 13 }, () => ({})))) as [
        Person,
        ...Person[],
      ];
      const target = () => others.pop() as Person;

      await ann.swipe(target(), "like");
      await matching.world.sql("UPDATE matching.swipers SET likes_used = 47 WHERE member_id = $1", [ann.id]);
      const atOnce = await Promise.all(
        Array.from({ length: 5 }, (_, i) => ann.swipe(target(), "like", { instance: i % 2 })),
      );
      t.same(
        atOnce.map(({ status }) => status).sort(),
        [201, 201, 201, 429, 429],
        "five at once spend three",
      );
      const refused = atOnce.find(({ status }) => status === 429);
      t.equal(refused?.body.code, "MATCHING_QUOTA_EXCEEDED");
      const passed = await ann.swipe(target(), "pass");
      t.match(passed, { status: 201, body: { remaining: { likes: 0 } } });
      const { resetsAt } = passed.body.remaining;
      const untilReset = (Date.parse(resetsAt) - Date.now()) / 1000;
      t.ok(Math.abs((refused?.retryAfter ?? 0) - untilReset) < 60, "the refusal says how long");
      t.ok(untilReset > 0 && untilReset <= 25 * 3600);

      await matching.tellProfile(ann.id, { timeZone: "Pacific/Kiritimati" });
      await matching.settled(
        "SELECT 1 FROM matching.candidates WHERE member_id = $1 AND profile_version = 2",
        [ann.id],
      );
      const moved = await ann.swipe(target(), "pass");
      t.match(moved.body.remaining, { likes: 0, resetsAt }, "another time zone changes nothing");

      await matching.tellEntitlements(ann.id, {
        tier: "plus",
        features: { unlimitedLikes: true, seeLikes: true },
        version: 5,
      });
      const unlimited = await eventually(async () => {
        const reply = await ann.swipe(others[0] as Person, "like");
        if (reply.status === 429) throw new Error("still limited");
        return reply;
      });
      t.match(unlimited, { status: 201, body: { remaining: { likes: null, resetsAt } } });
      others.shift();

      await matching.tellEntitlements(ann.id, { version: 4 });
      await matching.tellEntitlements(ann.id, { version: 5 });
      await matching.settled("SELECT 1 FROM matching.inbox WHERE consumer = 'entitlements'", [], 3);
      t.equal((await ann.swipe(target(), "like")).body.remaining.likes, null, "stale events change nothing");

      await matching.tellEntitlements(ann.id, { version: 6 });
      await matching.settled("SELECT 1 FROM matching.entitlements WHERE version = 6", []);
      t.equal(
        (await ann.swipe(target(), "like")).status,
        429,
        "what was used in the free tier is still used",
      );

      await matching.world.sql(
        "UPDATE matching.swipers SET window_ends_at = now() - interval '1 second' WHERE member_id = $1",
        [ann.id],
      );
      t.match(
        await ann.swipe(target(), "like"),
        { status: 201, body: { remaining: { likes: 49 } } },
        "a new day",
      );
    },
  );

  await t.test("the last swipe can be taken back once, with its like, unless it made a match", async (t) => {
    // Alone with each other in Madrid: among all the others in London a deck has room for only some.
    const inMadrid = { place: madrid, preferences: { maxDistanceKm: 100 } };
    const [ann, bob, eve] = (await matching.people([inMadrid, inMadrid, inMadrid])) as [
      Person,
      Person,
      Person,
    ];
    const undo = (person: Person) => person.call<{ targetId: string }>("DELETE", "/v1/swipes/last");

    t.match(await undo(ann), { status: 404, body: { code: "MATCHING_SWIPE_NOT_FOUND" } });
    await ann.swipe(eve, "pass");
    t.equal((await ann.swipe(bob, "like")).body.remaining.likes, 49);
    const undone = await Promise.all([undo(ann), undo(ann), undo(ann)]);
    t.same(undone.map(({ status }) => status).sort(), [200, 404, 404], "three at once undo one");
    t.equal(undone.find(({ status }) => status === 200)?.body.targetId, bob.id);
    t.match(await undo(ann), { status: 404 }, "the one before stays");
    t.ok((await ann.deckIds()).includes(bob.id), "whom one may swipe again");
    t.notOk((await ann.deckIds()).includes(eve.id));
    t.match(
      await ann.swipe(bob, "like"),
      { status: 201, body: { remaining: { likes: 49 } } },
      "the like is back",
    );

    await bob.swipe(ann, "like");
    for (const person of [ann, bob]) {
      t.match(await undo(person), { status: 409, body: { code: "MATCHING_SWIPE_MATCHED" } });
    }
    t.equal((await ann.call<Page<Match>>("GET", "/v1/matches")).body.items.length, 1);

    const pairs = await matching.people(Array.from({ length: 60 }, () => ({})));
    for (let i = 0; i < pairs.length; i += 2) {
      const [a, b] = [pairs[i] as Person, pairs[i + 1] as Person];
      await a.swipe(b, "like");
      const [back, like] = await Promise.all([undo(a), b.swipe(a, "like")]);
      t.equal(back.status === 200, !like.body.matched, "a like is taken back or matches, never both");
    }
  });

  await t.test("unmatching ends a match for both, once, and for good", async (t) => {
    // Alone with each other in Paris.
    const inParis = { place: paris, preferences: { maxDistanceKm: 100 } };
    const [ann, bob, eve] = (await matching.people([inParis, inParis, inParis])) as [Person, Person, Person];
    await ann.swipe(bob, "like");
    const { matchId } = (await bob.swipe(ann, "like")).body;
    const path = `/v1/matches/${matchId}`;

    t.match(await ann.call("GET", path), {
      status: 200,
      body: { id: matchId, member: { memberId: bob.id } },
    });
    const others = await eve.call("GET", path);
    const nowhere = await eve.call("GET", `/v1/matches/${newId()}`);
    t.match(
      others,
      { status: 404, body: { code: "MATCHING_MATCH_NOT_FOUND" } },
      "A14 a stranger finds nothing",
    );
    t.match(nowhere, { status: 404, body: { code: "MATCHING_MATCH_NOT_FOUND" } }, "as if it were not there");
    t.match(await eve.call("DELETE", path), { status: 404, body: { code: "MATCHING_MATCH_NOT_FOUND" } });
    t.match(await ann.call("GET", path), { status: 200 });

    const ended = await Promise.all([ann, bob, ann, bob].map((person) => person.call("DELETE", path)));
    t.same(ended.map(({ status }) => status).sort(), [204, 404, 404, 404], "one ends it");
    for (const person of [ann, bob]) {
      t.match(await person.call("GET", path), { status: 404 });
      t.same((await person.call<Page<Match>>("GET", "/v1/matches")).body, { items: [], nextCursor: null });
      t.same(await person.deckIds(), [eve.id], "the two never see each other again");
    }
    const told = await matching.emitted<PayloadOf<typeof MatchEnded>>(MatchEnded.subject);
    t.match(told, [{ matchId, memberIds: [ann.id, bob.id].sort(), reason: "unmatch" }]);
    t.equal(told.length, 1);
    await Promise.all([ann.swipe(bob, "like"), bob.swipe(ann, "like")]);
    t.match(await ann.call("GET", "/v1/matches"), { body: { items: [] } }, "no old like makes a new match");
  });

  await t.test("A14 others' matches look as if they were not there, on every route with an id", async (t) => {
    const [ann, bob, eve] = (await matching.people([{}, {}, {}])) as [Person, Person, Person];
    await ann.swipe(bob, "like");
    const { matchId } = (await bob.swipe(ann, "like")).body;
    const { matchId: evesOwn } = await (async () => {
      await ann.swipe(eve, "like");
      return (await eve.swipe(ann, "like")).body;
    })();
    const comparable = ({ status, body }: { status: number; body: object }) => ({
      status,
      body: { ...body, requestId: "" },
    });
    for (const route of routesWithIds("matching")) {
      const [method, path] = route.split(" ") as [string, string];
      const at = (id: string) => path.replace(":id", id);
      const theirs = comparable(await eve.call(method, at(matchId ?? "")));
      t.match(theirs, { status: 404, body: { code: "MATCHING_MATCH_NOT_FOUND" } }, route);
      t.same(theirs, comparable(await eve.call(method, at(newId()))), `${route}: not yours is not there`);
      t.equal((await eve.call(method, at("1 OR 1=1"))).status, 400, `${route}: what is no id`);
      const bare = await fetch(matching.urls[0] + at(matchId ?? ""), { method });
      t.equal(bare.status, 401, `${route}: without a token`);
    }
    t.same(routesWithIds("matching"), ["DELETE /v1/matches/:id", "GET /v1/matches/:id"]);
    for (const person of [ann, bob])
      t.equal((await person.call("GET", `/v1/matches/${matchId}`)).status, 200);
    t.equal((await eve.call("GET", `/v1/matches/${evesOwn}`)).status, 200, "the own one is found");
  });

  await t.test("matches come in pages, newest first, from both sides of the pair", async (t) => {
    const [ann, ...others] = (await matching.people(Array.from({ length: 8 }, () => ({})))) as [
      Person,
      ...Person[],
    ];
    for (const other of others) {
      await ann.swipe(other, "like");
      await other.swipe(ann, "like");
    }
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? "" : `&cursor=${cursor}`;
      const { body }: { body: Page<Match> } = await ann.call("GET", `/v1/matches?limit=3${query}`);
      seen.push(...body.items.map(({ member }) => member.memberId));
      cursor = body.nextCursor;
    } while (cursor !== null);
    t.same(seen, others.map(({ id }) => id).reverse());
    t.match(await ann.call("GET", "/v1/matches?cursor=nonsense"), {
      status: 400,
      body: { code: "VALIDATION_FAILED" },
    });
  });
});

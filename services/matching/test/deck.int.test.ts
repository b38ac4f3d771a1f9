import assert from "node:assert/strict";
import { distanceBuckets, distanceStepsKm } from "@kismet/contracts";
import { eventually } from "@kismet/testing";
import { latLngToCell } from "h3-js";
import t from "tap";
import { findCandidate } from "../src/candidates/candidates-repository.ts";
import { decideDistanceBucket } from "../src/deck/decide-distance-bucket.ts";
import { decideObserver, type Observer } from "../src/deck/decide-observer.ts";
import { decideScopes } from "../src/deck/decide-scopes.ts";
import { contendersQuery } from "../src/deck/deck-repository.ts";
import { placeOf } from "../src/deck/place.ts";
import { countLikes, findLikes } from "../src/likes/likes-repository.ts";
import { listMatches } from "../src/matches/matches-repository.ts";
import { london, MatchingWorld, paris, type Person, type PersonOptions } from "./matching-world.ts";
import { seedCrowd } from "./seed-crowd.ts";

t.setTimeout(180_000);

await t.test("the deck", async (t) => {
  const matching = await MatchingWorld.start(t);

  await t.test("two people are dealt to each other if each fits what the other wants", async (t) => {
    type Case = [what: string, one: PersonOptions, other: PersonOptions, meet: boolean];
    const cases: Case[] = [
      ["nothing stands between them", {}, {}, true],
      ["gender", { gender: "woman", preferences: { showMe: ["woman"] } }, { gender: "man" }, false],
      [
        "gender, both wanted",
        { gender: "man", preferences: { showMe: ["nonbinary", "woman"] } },
        { gender: "nonbinary", preferences: { showMe: ["man"] } },
        true,
      ],
      ["too young", { preferences: { minAge: 31 } }, {}, false],
      ["too old", { preferences: { maxAge: 29 } }, {}, false],
      ["just the age", { preferences: { minAge: 30, maxAge: 30 } }, {}, true],
      ["too far", { preferences: { maxDistanceKm: 5 } }, { place: [51.6, 0] }, false],
      ["near enough", { preferences: { maxDistanceKm: 15 } }, { place: [51.6, -0.05] }, true],
      [
        "far, and both look anywhere",
        { preferences: { maxDistanceKm: null } },
        { place: paris, preferences: { maxDistanceKm: null } },
        true,
      ],
      ["another goal", wanting({ relationshipGoal: ["long_term"] }), { relationshipGoal: "friends" }, false],
      ["no goal stated", wanting({ relationshipGoal: ["long_term"] }), {}, false],
      ["the goal", wanting({ relationshipGoal: ["long_term"] }), { relationshipGoal: "long_term" }, true],
      ["too short", wanting({ minHeightCm: 180 }), { heightCm: 179 }, false],
      ["too tall", wanting({ maxHeightCm: 180 }), { heightCm: 181 }, false],
      ["height not stated", wanting({ minHeightCm: 150 }), {}, false],
      ["the height", wanting({ minHeightCm: 180, maxHeightCm: 180 }), { heightCm: 180 }, true],
    ];
    for (const [what, one, other, meet] of cases) {
      const within = (options: PersonOptions): PersonOptions => ({
        ...options,
        preferences: { maxDistanceKm: 50, ...options.preferences },
      });
      const [a, b] = (await matching.people([within(one), within(other)])) as [Person, Person];
      t.equal((await a.deckIds()).includes(b.id), meet, `${what}: the one's deck`);
      t.equal((await b.deckIds()).includes(a.id), meet, `${what}: the other's deck`);
      await matching.world.sql("TRUNCATE matching.candidates");
    }
  });

  await t.test(
    "nobody is dealt whom the member has swiped, or who is gone, blocked, or oneself",
    async (t) => {
      const [ann, ...others] = (await matching.people(Array.from({ length: 8 }, () => ({})))) as [
        Person,
        ...Person[],
      ];
      const [liked, passed, matched, blocked, blocking, deleting, left] = others as [
      Person, Person, Person, Person, Person, Person, Person,
    ]; // prettier-ignore
      t.same(new Set(await ann.deckIds()), new Set(others.map(({ id }) => id)), "all but oneself");

      await ann.swipe(liked, "like");
      await ann.swipe(passed, "pass");
      await ann.swipe(matched, "like");
      await matched.swipe(ann, "like");
      await matching.tellBlock(ann, blocked, true);
      await matching.tellBlock(blocking, ann, true);
      await matching.tellAccount(deleting.id, "deleting");
      await matching.settled("SELECT 1 FROM matching.blocks", [], 2);
      await matching.settled("SELECT 1 FROM matching.candidates WHERE account_status = 'deleting'", []);
      t.same(await ann.deckIds(), [left.id]);
      for (const person of [blocked, blocking]) t.notOk((await person.deckIds()).includes(ann.id), "mutual");
      for (const person of [blocked, blocking, deleting]) {
        const reply = await ann.swipe(person, "like");
        t.match(reply, { status: 404, body: { code: "MATCHING_TARGET_NOT_FOUND" } });
      }

      await matching.tellBlock(ann, blocked, false);
      await matching.tellAccount(deleting.id, "active");
      await eventually(async () => {
        assert.deepEqual(new Set(await ann.deckIds()), new Set([left.id, blocked.id, deleting.id]));
      });
      await matching.world.sql("TRUNCATE matching.candidates");
    },
  );

  await t.test("an empty deck says why", async (t) => {
    t.same(await matching.stranger().deck(), { items: [], emptyReason: "no_profile" });
    const [nowhere, picky] = (await matching.people([
      { cell: null },
      { preferences: { minAge: 90, maxDistanceKm: 5 } },
    ])) as [Person, Person];
    t.same(await nowhere.deck(), { items: [], emptyReason: "no_place" });
    t.same(await picky.deck(), { items: [], emptyReason: "nobody_left" });
    const lonely = await matching.person({ place: paris, preferences: { maxDistanceKm: 30 } });
    t.same(await lonely.deck(), { items: [], emptyReason: "nobody_left" });
    const other = await matching.person({ place: [51.6, 0.1] });
    t.same(await picky.deck(), { items: [], emptyReason: "filters" }, "too old and too near a wish");
    await picky.swipe(other, "pass");
    t.same(await picky.deck(), { items: [], emptyReason: "nobody_left" });
    t.match(await picky.call("GET", "/v1/discovery?limit=51"), { status: 400 });
    t.match(await picky.call("GET", "/v1/discovery?limit=5&near=me"), { status: 400 });
    await matching.world.sql("TRUNCATE matching.candidates");
  });

  await t.test("a card shows what others may know, and no like that is not meant to be seen", async (t) => {
    const ann = await matching.person({ interests: ["tea", "jazz", "yoga"] });
    const [plain, full, liking, superliking] = (await matching.people([
      {},
      {
        firstName: "Sam",
        gender: "nonbinary",
        bio: "I <3 you & me",
        interests: ["jazz", "dogs", "tea"],
        relationshipGoal: "friends",
        job: "Baker",
        school: "School of Bread",
        heightCm: 170,
        attributes: { smoking: "never", languages: ["en"] },
        place: [51.55, -0.1278],
      },
      {},
      {},
    ])) as [Person, Person, Person, Person];
    await liking.swipe(ann, "like");
    matching.ledger.balances.set(superliking.id, 1);
    await superliking.swipe(ann, "superlike", { note: "Tea?" });

    const { items } = await ann.deck();
    const cardOf = (person: Person) => items.find(({ memberId }) => memberId === person.id);
    t.strictSame(cardOf(full), {
      memberId: full.id,
      firstName: "Sam",
      age: 30,
      gender: "nonbinary",
      bio: "I <3 you & me",
      interests: ["jazz", "dogs", "tea"],
      relationshipGoal: "friends",
      job: "Baker",
      school: "School of Bread",
      heightCm: 170,
      smoking: "never",
      languages: ["en"],
      distance: { bucket: "5 km" },
      sharedInterests: ["jazz", "tea"],
    });
    const nothing = { firstName: "Robin", age: 30, gender: "woman", interests: [], sharedInterests: [] };
    for (const person of [plain, liking]) {
      t.strictSame(cardOf(person), { memberId: person.id, ...nothing, distance: { bucket: "< 2 km" } });
    }
    t.strictSame(cardOf(superliking)?.superlike, { note: "Tea?" });
    await matching.world.sql("TRUNCATE matching.candidates, matching.swipes");
  });

  await t.test("a deck holds whoever likes the member, however many others there are", async (t) => {
    const ann = await matching.person();
    const crowd = await matching.people(Array.from({ length: 150 }, () => ({})));
    const admirer = await matching.person({ changedAt: "2020-01-01T00:00:00.000Z", place: [51.7, -0.1278] });
    t.equal((await ann.deckIds()).length, 50, "as many as asked for, and no more");
    await admirer.swipe(ann, "like");
    const found = async () => {
      for (let i = 0; i < 10; i++) {
        const ids = await ann.deckIds();
        if (ids.includes(admirer.id)) return true;
        await Promise.all(ids.map((id) => ann.swipe({ id }, "pass")));
      }
      return false;
    };
    t.ok(await found());
    t.ok(crowd.length > 0);
    await matching.world.sql("TRUNCATE matching.candidates, matching.swipes");
  });

  await t.test(
    "proof 10: moving an observer about a member tells the deck's reader no more than the member's cell",
    async (t) => {
      const target = latLngToCell(...london, 7);
      const [here, there] = (await matching.people([
        { place: [51.5074, -0.1278] },
        { place: [51.5046, -0.1206], cell: target },
      ])) as [Person, Person];
      const observer = await matching.person();
      const seen = new Set<string>();
      for (let i = 0; i < 300; i++) {
        const [km, angle] = [0.3 * 1.028 ** i, i * 2.399];
        const place: [number, number] = [
          london[0] + (km * Math.sin(angle)) / 111.2,
          london[1] + (km * Math.cos(angle)) / 69.2,
        ];
        const asked = (i * 37) % 520;
        const maxDistanceKm = asked < 1 || asked > 500 ? null : asked;
        await matching.changeProfile(observer, { place, preferences: { showMe: ["woman"], maxDistanceKm } });
        const { items } = await observer.deck();
        const told = [here, there].map(
          ({ id }) => items.find((item) => item.memberId === id)?.distance.bucket,
        );
        const bucket = decideDistanceBucket(placeOf(latLngToCell(...place, 7)), placeOf(target));
        const stepKm =
          maxDistanceKm === null ? Infinity : distanceStepsKm.find((step) => maxDistanceKm <= step);
        const bucketKm = distanceStepsKm[distanceBuckets.indexOf(bucket)] ?? Infinity;
        const isWithin = bucketKm <= (stepKm ?? Infinity);
        if (told[0] !== told[1]) t.fail(`two of one cell are told apart from ${place.join()}`);
        if (told[0] !== (isWithin ? bucket : undefined))
          t.fail(`${told[0]} and not ${bucket} from ${place.join()}`);
        if (told[0]) seen.add(told[0]);
      }
      t.ok(seen.size > 8, `buckets seen: ${[...seen].join(", ")}`);
      await matching.world.sql("TRUNCATE matching.candidates");
    },
  );

  await t.test("A24 in a metropolis of 100,000 every hot query is served by an index", async (t) => {
    const ids = await seedCrowd(matching.world, 100_000);
    const reads = matching.database;
    const me = ids[0] as string;
    const found = await findCandidate(reads, me);
    const observer = decideObserver(found, "2026-06-01") as Observer;

    for (const scope of decideScopes(null)) {
      const { nodes, rowsRead } = await planOf(contendersQuery(reads, observer, scope, 20).toSQL());
      t.same(scansOfTables(nodes), [], `${scope.level}: no table is read from end to end`);
      t.ok(
        nodes.some(({ index }) => index === `candidates_${scope.level}`),
        `${scope.level}: by its own index`,
      );
      t.ok(rowsRead < 5_000, `${scope.level}: ${rowsRead} rows were read`);
    }
    const others = {
      "likes received": findLikes(reads, me, { before: undefined, limit: 21 }).toSQL(),
      matches: listMatches(reads, me, { before: undefined, limit: 21 }).toSQL(),
    };
    for (const [what, query] of Object.entries(others)) {
      const { nodes, rowsRead } = await planOf(query);
      t.same(scansOfTables(nodes), [], what);
      t.ok(rowsRead < 1_000, `${what}: ${rowsRead} rows were read`);
    }
    t.equal(await countLikes(reads, me), 200);

    const person = matching.known(me);
    const times: number[] = [];
    for (let i = 0; i < 20; i++) {
      const begin = performance.now();
      t.equal((await person.deck(20)).items.length, 20);
      times.push(performance.now() - begin);
    }
    t.comment(`a deck of 20 out of 100,000 takes ${times.sort((a, b) => a - b)[10]?.toFixed(1)} ms (median)`);

    async function planOf({ sql: text, params }: { sql: string; params: unknown[] }) {
      const [row] = await matching.world.sql<{ "QUERY PLAN": [{ Plan: PlanNode }] }>(
        `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
        params,
      );
      if (!row) throw new Error("EXPLAIN gives a row");
      return flattened(row["QUERY PLAN"][0].Plan);
    }
  });
});

function wanting(dealBreakers: NonNullable<PersonOptions["preferences"]>["dealBreakers"]): PersonOptions {
  return { preferences: { ...(dealBreakers ? { dealBreakers } : {}) } };
}

type PlanNode = {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  Plans?: PlanNode[];
};
type Scan = { type: string; table: string | undefined; index: string | undefined };

function flattened(plan: PlanNode): { nodes: Scan[]; rowsRead: number } {
  const nodes: Scan[] = [];
  let rowsRead = 0;
  const visit = (node: PlanNode): void => {
    nodes.push({ type: node["Node Type"], table: node["Relation Name"], index: node["Index Name"] });
    if (node["Relation Name"]) {
      rowsRead += (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"];
    }
    node.Plans?.forEach(visit);
  };
  visit(plan);
  return { nodes, rowsRead: Math.round(rowsRead) };
}

function scansOfTables(nodes: Scan[]): Scan[] {
  return nodes.filter(({ type, table }) => type === "Seq Scan" && table !== undefined);
}

import { distanceBuckets, type Interest } from "@kismet/contracts";
import { cellToLatLng, cellToParent, getRes0Cells, latLngToCell } from "h3-js";
import { test } from "tap";
import { ageOf } from "@kismet/service-kit";
import { birthDatesOf } from "../candidates/decide-birth-dates.ts";
import { type Contender, decideDeckOrder } from "./decide-deck-order.ts";
import { decideDistanceBucket } from "./decide-distance-bucket.ts";
import { decideScopes } from "./decide-scopes.ts";
import { chordSquared, chordSquaredOfKm, reachOf } from "./distance.ts";
import { cellsAround, localLevel, nearLevel, placeOf, regionLevel } from "./place.ts";

/** Park and Miller's generator; a run is replayed by giving the seed that is in its titles as an argument. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
const seed = Number(process.argv[2] ?? (Date.now() % 1_000_000) + 1);
const random = randomFrom(seed);

/** Kilometres north and east of a position. */
function moved([latitude, longitude]: [number, number], northKm: number, eastKm: number): [number, number] {
  const kmPerDegree = 111.195;
  return [
    latitude + northKm / kmPerDegree,
    longitude + eastKm / (kmPerDegree * Math.cos((latitude * Math.PI) / 180)),
  ];
}

test(`proof 10: moving an observer through 1,000 places never narrows a member below its cell (seed ${seed})`, async (t) => {
  const home: [number, number] = [51.5074, -0.1278];
  const cell = latLngToCell(...home, 7);
  // Two members of the same cell, as far from each other as positions in a cell can be.
  const corners = Array.from({ length: 200 }, () =>
    moved(home, (random() - 0.5) * 3, (random() - 0.5) * 3),
  ).filter((position) => latLngToCell(...position, 7) === cell);
  t.ok(corners.length > 20, "positions all over the cell were tried");

  const told = new Set<string>();
  for (let i = 0; i < 1_000; i++) {
    const radiusKm = 0.2 * 1.009 ** i;
    const angle = random() * 2 * Math.PI;
    const place = moved(home, radiusKm * Math.sin(angle), radiusKm * Math.cos(angle));
    const observer = placeOf(latLngToCell(...place, 7));
    const answers = new Set(
      corners.map((corner) => decideDistanceBucket(observer, placeOf(latLngToCell(...corner, 7)))),
    );
    t.equal(answers.size, 1, `all positions of the cell look alike from ${place.join(", ")}`);
    // Anywhere else in the observer's own cell the answer is the same too: no smaller move tells anything.
    const centre = placeOf(latLngToCell(...cellToLatLng(observer.cell), 7));
    t.equal(decideDistanceBucket(centre, placeOf(cell)), [...answers][0]);
    told.add([...answers][0] ?? "");
  }
  t.same([...told].sort(), [...distanceBuckets].sort(), "every bucket was seen");
});

test("a preference for a distance works in the steps in which distances are told", async (t) => {
  for (const [asked, stepKm] of [
    [1, 2],
    [2, 2],
    [3, 5],
    [25, 30],
    [30, 30],
    [76, 100],
    [500, 500],
  ] as const) {
    t.equal(reachOf(asked), chordSquaredOfKm(stepKm), `${asked} km looks as far as ${stepKm} km`);
  }
  t.equal(reachOf(null), 4, "anywhere is as far as it goes");
  const [here, there] = [placeOf(latLngToCell(0, 0, 7)), placeOf(latLngToCell(0, 179.9, 7))];
  t.equal(decideDistanceBucket(here, here), "< 2 km");
  t.equal(decideDistanceBucket(here, there), "> 500 km");
});

test(`the coarse cells around a place miss nobody within the distance (seed ${seed})`, async (t) => {
  const places = getRes0Cells().map((base) => cellToLatLng(base));
  for (let i = 0; i < 300; i++) {
    const place = places[Math.floor(random() * places.length)] ?? [0, 0];
    const observer = placeOf(latLngToCell(...place, 7));
    for (const [level, radiusKm] of [
      [nearLevel, 30],
      [localLevel, 10],
      [localLevel, 2],
      [regionLevel, 500],
      [regionLevel, 40],
    ] as const) {
      const covered = new Set(cellsAround(observer.cell, radiusKm, level));
      const [angle, distanceKm] = [random() * 2 * Math.PI, radiusKm * random()];
      const other = placeOf(
        latLngToCell(...moved(place, distanceKm * Math.sin(angle), distanceKm * Math.cos(angle)), 7),
      );
      if (chordSquared(observer, other) > chordSquaredOfKm(radiusKm)) continue;
      const coarse = cellToParent(other.cell, level.resolution);
      t.ok(covered.has(coarse), `${coarse} is within ${radiusKm} km of ${observer.cell}`);
    }
  }
  const tokyo = latLngToCell(35.68, 139.69, 7);
  t.ok(cellsAround(tokyo, 10, localLevel).length < 30, "a level is a handful of cells");
  t.ok(cellsAround(tokyo, 40, nearLevel).length < 50);
  t.ok(cellsAround(tokyo, 500, regionLevel).length < 150, "as is a region");
  t.equal(cellsAround(tokyo, 30, nearLevel)[0], placeOf(tokyo).nearCell, "the nearest comes first");
});

test("the search widens step by step, as far as the member wants and no farther", async (t) => {
  t.same(decideScopes(5), [{ level: "local", radiusKm: 5 }]);
  t.same(decideScopes(10), [{ level: "local", radiusKm: 10 }]);
  t.same(decideScopes(100), [
    { level: "local", radiusKm: 10 },
    { level: "near", radiusKm: 40 },
    { level: "region", radiusKm: 100 },
  ]);
  t.same(decideScopes(null).at(-1), { level: "world" });
  t.equal(decideScopes(null).length, 4);
});

test("the birth dates asked for are exactly those of the ages wanted, on leap days too", async (t) => {
  for (const today of ["2026-05-01", "2024-02-29", "2025-02-28", "2025-03-01", "2026-12-31"]) {
    const { after, until } = birthDatesOf(20, 30, today);
    for (let day = new Date("1990-01-01"); day < new Date("2010-01-01"); day.setDate(day.getDate() + 1)) {
      const birthDate = day.toISOString().slice(0, 10);
      const age = ageOf(birthDate, today);
      const isWanted = birthDate > after && birthDate <= until;
      if (isWanted !== (age >= 20 && age <= 30)) t.fail(`born ${birthDate}, on ${today}`);
    }
  }
});

test("the order prefers the near, the fresh, the like-minded, and gives no like away", async (t) => {
  const now = new Date("2026-05-01T12:00:00Z");
  const at = (km: number) => placeOf(latLngToCell(...moved([51.5, -0.12], km, 0), 7));
  const observer = { point: at(0), interests: ["jazz", "tea", "yoga", "dogs"] satisfies Interest[] };
  const contender = (i: number, changed: Partial<Contender> = {}): Contender => ({
    memberId: `member-${i}`,
    point: at(10),
    interests: [],
    freshAt: new Date(now.getTime() - i),
    likesObserver: false,
    ...changed,
  });
  const meanRank = (changed: Partial<Contender>) => {
    const contenders = Array.from({ length: 400 }, (_, i) => contender(i, i % 2 === 0 ? changed : {}));
    const order = decideDeckOrder(contenders, observer, now);
    const ranks = order.flatMap(({ memberId }, rank) => (Number(memberId.slice(7)) % 2 === 0 ? [rank] : []));
    return ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length;
  };
  const middle = 199.5;
  t.ok(Math.abs(meanRank({}) - middle) < 20, "chance favours nobody");
  t.ok(meanRank({ point: at(1) }) < middle - 20);
  t.ok(meanRank({ point: at(100) }) > middle + 20);
  t.ok(meanRank({ interests: ["jazz", "tea"] }) < middle - 20);
  t.ok(meanRank({ freshAt: new Date(now.getTime() - 60 * 24 * 3_600_000) }) > middle + 20);
  t.ok(meanRank({ likesObserver: true }) < middle - 10);

  const mixed = Array.from({ length: 400 }, (_, i) => contender(i, { likesObserver: i % 4 === 0 }));
  const order = decideDeckOrder(mixed, observer, now);
  t.same(decideDeckOrder(mixed.toReversed(), observer, now), order, "the same people come in the same order");
  const first = order.slice(0, 40).filter(({ likesObserver }) => likesObserver).length;
  t.ok(
    first > 5 && first < 35,
    `${first} of the first 40 like the observer: a place says neither yes nor no`,
  );
});

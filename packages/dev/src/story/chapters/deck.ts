import { type Deck, type DeckItem, distanceBuckets, type Preferences } from "@kismet/contracts";
import type { Cast } from "../cast.ts";
import { expect, expectEqual, Unexpected, within } from "../expect.ts";
import type { Person } from "../person.ts";
import { checkCard } from "./profiles.ts";

const eventMs = 5_000;
/** Decks have a narrow rate limit. */
const everyMs = 250;

export async function tellDeck({ ada, bo, cy, narrator }: Cast): Promise<void> {
  narrator.chapter("The deck");
  await narrator.step("Ada and Bo are in each other's decks, with a bucket for the distance", async () => {
    for (const [viewer, seen] of [
      [ada, bo],
      [bo, ada],
    ] as const) {
      const item = await inDeck(viewer, seen);
      checkCard(item, seen, ["distance", "sharedInterests", "superlike"]);
      expect(distanceBuckets.includes(item.distance.bucket), "one of the buckets", item.distance);
      expectEqual(Object.keys(item.distance), ["bucket"], "all that is told of the distance");
      expectEqual(item.distance.bucket, "5 km", "the distance");
      expectEqual(item.sharedInterests.length, 5, "the number of shared interests");
    }
  });
  await narrator.step("nobody is in their own deck", async () => {
    const items = await deckOf(ada);
    expect(!items.some(({ memberId }) => memberId === ada.id), "no card of Ada's own", "one");
  });
  await narrator.step("Bo looks for men only: Ada and he are in neither deck", async () => {
    await prefer(bo, { showMe: ["man"] });
    await notInDeck(bo, ada);
    await notInDeck(ada, bo);
  });
  await narrator.step("Bo looks for everybody again: both are back", async () => {
    await prefer(bo, { showMe: ["woman", "man", "nonbinary"] });
    await inDeck(ada, bo);
    await inDeck(bo, ada);
    await inDeck(ada, cy);
  });
}

async function prefer(person: Person, change: Partial<Preferences>): Promise<void> {
  const before = await person.get<Preferences>("/v1/profile/preferences");
  (await person.ask("PUT", "/v1/profile/preferences", { ...before, ...change })).as<Preferences>();
}

export async function deckOf(person: Person): Promise<DeckItem[]> {
  return (await person.get<Deck>("/v1/discovery?limit=50")).items;
}

export function inDeck(viewer: Person, seen: Person): Promise<DeckItem> {
  return within(
    eventMs,
    async () => {
      const items = await deckOf(viewer);
      const item = items.find(({ memberId }) => memberId === seen.id);
      if (item) return item;
      throw new Unexpected(`${seen.name} in the deck of ${viewer.name}`, namesOf(items));
    },
    { everyMs },
  );
}

export function notInDeck(viewer: Person, seen: Person): Promise<void> {
  return within(
    eventMs,
    async () => {
      const items = await deckOf(viewer);
      const isThere = items.some(({ memberId }) => memberId === seen.id);
      expect(!isThere, `${seen.name} not in the deck of ${viewer.name}`, namesOf(items));
    },
    { everyMs },
  );
}

function namesOf(items: DeckItem[]): string {
  return `${items.length} people: ${items.map(({ firstName }) => firstName).join(", ")}`;
}

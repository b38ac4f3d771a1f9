import type { Card, OwnProfile, Preferences, ProfileRequest } from "@kismet/contracts";
import { type Cast, everybody } from "../cast.ts";
import { expect, expectEqual, within } from "../expect.ts";
import type { Person } from "../person.ts";

/** Five interests that hardly anybody has together. */
const interests: ProfileRequest["interests"] = ["astronomy", "kayaking", "opera", "poetry", "pottery"];

const profiles: Record<string, ProfileRequest> = {
  Ada: {
    firstName: "Ada",
    gender: "woman",
    bio: "Counts stars from the roof.",
    interests,
    languages: ["de", "en"],
  },
  Bo: {
    firstName: "Bo",
    gender: "man",
    bio: "Paddles to work.",
    interests,
    heightCm: 184,
    hidden: ["heightCm"],
  },
  Cy: { firstName: "Cy", gender: "man", bio: "Throws pots.", interests },
};

/**
 * By the lakes in the north, where nobody is seeded: however many people there are, they stay out of the way. Ada's and
 * Bo's are a walk apart, in different cells.
 */
export const places: Record<string, { latitude: number; longitude: number }> = {
  Ada: { latitude: 53.4163, longitude: 12.754 },
  Bo: { latitude: 53.4391, longitude: 12.8014 },
  Cy: { latitude: 53.4391, longitude: 12.8014 },
};

const everyone: Preferences = {
  showMe: ["woman", "man", "nonbinary"],
  minAge: 18,
  maxAge: 100,
  maxDistanceKm: null,
};

const cardFields = new Set([
  "memberId", "firstName", "age", "gender", "bio", "interests", "relationshipGoal", "job", "school", "heightCm",
  "orientation", "prompts", "children", "smoking", "drinking", "religion", "languages",
]); // prettier-ignore

const eventMs = 5_000;

export async function tellProfiles(cast: Cast): Promise<void> {
  const { ada, bo, narrator } = cast;
  narrator.chapter("Profiles");
  await narrator.step("without a profile there is nobody to see", async () => {
    const deck = await ada.get<{ items: unknown[]; emptyReason?: string }>("/v1/discovery");
    expectEqual(deck, { items: [], emptyReason: "no_profile" }, "the deck");
  });
  for (const person of everybody(cast)) {
    await narrator.step(`${person.name} writes a profile`, () => writeProfile(person));
    await narrator.step(`${person.name} says whom to show, and where`, async () => {
      const preferences = (await person.ask("PUT", "/v1/profile/preferences", everyone)).as<Preferences>();
      expectEqual(preferences, everyone, "the preferences");
      const place = { ...places[person.name], timeZone: "Europe/Berlin" };
      (await person.ask("PUT", "/v1/profile/location", place)).as(204);
    });
  }
  await narrator.step("a wrong profile is refused, and told why", async () => {
    const answer = await ada.ask("PATCH", "/v1/profile", { interests: ["alchemy"], shoeSize: 39 });
    const { errors = [] } = answer.refused(400, "VALIDATION_FAILED");
    expect(errors.length > 0, "what is wrong with each field", answer.body);
  });
  await narrator.step("Ada changes her bio; the rest stays", async () => {
    const bio = "Counts stars, and cats.";
    const patched = (await ada.ask("PATCH", "/v1/profile", { bio })).as<OwnProfile>();
    expectEqual([patched.bio, patched.interests], [bio, interests], "bio and interests");
  });
  await narrator.step("the place is forgotten: only that there is one is known", async () => {
    const own = await ada.get<OwnProfile>("/v1/profile");
    expect(own.hasLocation, "that a place is known", own);
    expectNoTrace(own, [String(places["Ada"]?.latitude), String(places["Ada"]?.longitude)]);
  });
  await narrator.step("others see a card, and on it nothing private", async () => {
    const card = await within(eventMs, () => ada.get<Card>(`/v1/profiles/${bo.id}`));
    checkCard(card, bo);
    expect(card.heightCm === undefined, "nothing that Bo hides", card);
  });
  await narrator.step("who is not signed in sees nobody", async () => {
    (await ada.gateway.ask("GET", `/v1/profiles/${bo.id}`)).refused(401, "UNAUTHENTICATED");
  });
}

async function writeProfile(person: Person): Promise<void> {
  const answer = await person.ask("PUT", "/v1/profile", profiles[person.name]);
  const { memberId, birthDate, interests: kept } = answer.as<OwnProfile>();
  expectEqual([memberId, birthDate], [person.id, person.birthDate], "the owner and the birth date of auth");
  expectEqual(kept, interests, "the interests");
}

/** Never an exact position, a birth date, an e-mail address; nothing that the contract does not name. */
export function checkCard(card: Card, person: Person, alsoAllowed: string[] = []): void {
  const strange = Object.keys(card).filter((field) => !cardFields.has(field) && !alsoAllowed.includes(field));
  expectEqual(strange, [], "fields on a card that nobody should see");
  expectEqual([card.memberId, card.firstName], [person.id, person.name], "whose card it is");
  const { latitude, longitude } = places[person.name] ?? {};
  expectNoTrace(card, [person.email, person.birthDate, String(latitude), String(longitude)]);
}

function expectNoTrace(value: unknown, secrets: string[]): void {
  const text = JSON.stringify(value);
  for (const secret of secrets) expect(!text.includes(secret), `no trace of ${secret}`, text);
}

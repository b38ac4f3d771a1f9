import { type CardAttributes, type Gender, interestCatalogue, type ProfileSnapshot } from "@kismet/contracts";
import { latLngToCell } from "h3-js";
import { bioSentences, boroughs, firstNames, jobs, schools, timeZone } from "./berlin.ts";
import { demoMember } from "./demo-member.ts";
import { Random } from "./random.ts";

export type Person = {
  email: string;
  profile: ProfileSnapshot;
  /** Of the events that told of the account and the profile. */
  eventIds: { account: string; profile: string };
};

export const defaultSeed = 20_26;

/** Nobody's age or arrival depends on the day of the seeding, so that the same seed always gives the same people. */
const arrivalsBegin = Date.UTC(2026, 7, 1);
const arrivalsSpanMs = 60 * 24 * 3_600_000;
const cellResolution = 7;
const spreadKm = 2.3;
const kmPerDegree = 111.2;

const genders = [
  { gender: "woman", weight: 48 },
  { gender: "man", weight: 48 },
  { gender: "nonbinary", weight: 4 },
] as const;

/** In which ages are reckoned: nobody's depends on the day of the seeding. */
export const referenceYear = 2026;

/** Born in these years; all are of age since 2025. */
const generations = [
  { from: 1996, to: 2006, weight: 42 },
  { from: 1986, to: 1995, weight: 34 },
  { from: 1971, to: 1985, weight: 17 },
  { from: 1951, to: 1970, weight: 7 },
] as const;

const goals = ["long_term", "long_term", "short_term", "friends", "figuring_out"] as const;

/** The person of this number; number 0 is the one whose password `npm start` tells. */
export function makePerson(index: number, seed = defaultSeed): Person {
  const random = new Random(seed, index);
  const { gender } = random.weighted(genders);
  const borough = random.weighted(boroughs);
  const createdMs = arrivalsBegin + Math.floor(random.next() * arrivalsSpanMs);
  const createdAt = new Date(createdMs).toISOString();
  const birthDate = bornIn(random);
  const memberId = random.uuid(createdMs);
  const profile: ProfileSnapshot = {
    memberId,
    version: 1,
    firstName: random.pick(firstNames[gender]),
    birthDate,
    gender,
    bio: random.chance(0.85) ? random.pick(bioSentences).replace("{borough}", borough.name) : null,
    interests: random.sample(interestCatalogue, random.integer(3, 8)),
    relationshipGoal: random.chance(0.7) ? random.pick(goals) : null,
    job: random.chance(0.6) ? random.pick(jobs) : null,
    school: random.chance(0.35) ? random.pick(schools) : null,
    heightCm: random.chance(0.5) ? heightOf(gender, random) : null,
    attributes: attributesOf(random),
    preferences: preferencesOf(gender, Number(birthDate.slice(0, 4)), random),
    cell: placeIn(borough, random),
    timeZone,
    createdAt,
    changedAt: createdAt,
  };
  const eventIds = { account: random.uuid(createdMs), profile: random.uuid(createdMs) };
  if (index > 0) return { email: `person-${index}@${demoMember.domain}`, profile, eventIds };
  return { email: demoMember.email, profile: { ...profile, ...demoMember.profile }, eventIds };
}

function bornIn(random: Random): string {
  const { from, to } = random.weighted(generations);
  const year = random.integer(from, to);
  const [month, day] = [random.integer(1, 12), random.integer(1, 28)];
  return `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

function heightOf(gender: Gender, random: Random): number {
  const mean = { woman: 167, man: 180, nonbinary: 173 }[gender];
  return Math.min(Math.max(Math.round(mean + 7 * random.normal()), 145), 215);
}

function attributesOf(random: Random): CardAttributes {
  return {
    ...(random.chance(0.4) ? { children: random.pick(["have", "want", "do_not_want", "not_sure"]) } : {}),
    ...(random.chance(0.5) ? { smoking: random.pick(["never", "never", "sometimes"]) } : {}),
    ...(random.chance(0.5) ? { drinking: random.pick(["never", "sometimes", "often"]) } : {}),
    languages: ["de", ...random.sample(["ar", "en", "es", "fr", "it", "pl", "ru", "tr", "vi"] as const, 1)],
  };
}

function preferencesOf(gender: Gender, birthYear: number, random: Random): ProfileSnapshot["preferences"] {
  // Looks a little below and above, more so with the years.
  const age = referenceYear - birthYear;
  const below = random.integer(2, 4 + Math.floor(age / 8));
  const above = random.integer(2, 4 + Math.floor(age / 8));
  return {
    showMe: showMeOf(gender, random),
    minAge: Math.max(18, age - below),
    maxAge: Math.min(100, age + above),
    maxDistanceKm: random.pick([5, 10, 20, 30, 50, null]),
  };
}

function showMeOf(gender: Gender, random: Random): Gender[] {
  const everybody: Gender[] = ["woman", "man", "nonbinary"];
  if (gender === "nonbinary" || random.chance(0.08)) return everybody;
  const other: Gender = gender === "woman" ? "man" : "woman";
  if (random.chance(0.08)) return [gender];
  return random.chance(0.1) ? [other, "nonbinary"] : [other];
}

function placeIn({ latitude, longitude }: { latitude: number; longitude: number }, random: Random): string {
  const north = (random.normal() * spreadKm) / kmPerDegree;
  const east = (random.normal() * spreadKm) / (kmPerDegree * Math.cos((latitude * Math.PI) / 180));
  return latLngToCell(latitude + north, longitude + east, cellResolution);
}

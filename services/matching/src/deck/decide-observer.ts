import type { DealBreakers, Gender, Interest, RelationshipGoal } from "@kismet/contracts";
import { ageOf, type Day } from "@kismet/service-kit";
import { birthDatesOf } from "../candidates/decide-birth-dates.ts";
import { anywhere, distanceStepOf, type Point } from "./distance.ts";

/** Somebody who looks at a deck: what the member is, and whom the member wants to see. */
export type Observer = {
  memberId: string;
  cell: string;
  point: Point;
  gender: Gender;
  age: number;
  interests: Interest[];
  relationshipGoal: RelationshipGoal | null;
  heightCm: number | null;
  showMe: Gender[];
  birthDates: { after: Day; until: Day };
  /** Null means anywhere; otherwise one of the distance steps. */
  radiusKm: number | null;
  reach: number;
  dealBreakers: DealBreakers;
};

/** A candidate as the projection knows it, in so far as it matters here: null is what has not been told yet. */
type Known = {
  memberId: string;
  cell: string | null;
  x: number | null;
  y: number | null;
  z: number | null;
  gender: Gender | null;
  birthDate: Day | null;
  interests: Interest[] | null;
  relationshipGoal: RelationshipGoal | null;
  heightCm: number | null;
  showMe: Gender[] | null;
  minAge: number | null;
  maxAge: number | null;
  maxDistanceKm: number | null;
  reach: number | null;
  dealBreakers: DealBreakers | null;
};

export function decideObserver(known: Known | undefined, today: Day): Observer | "no_profile" | "no_place" {
  if (!known) return "no_profile";
  const { memberId, gender, birthDate, showMe, minAge, maxAge, cell, x, y, z, reach } = known;
  if (gender === null || birthDate === null || showMe === null || minAge === null || maxAge === null) {
    return "no_profile";
  }
  if (cell === null || x === null || y === null || z === null) return "no_place";
  return {
    memberId,
    cell,
    point: { x, y, z },
    gender,
    age: ageOf(birthDate, today),
    interests: known.interests ?? [],
    relationshipGoal: known.relationshipGoal,
    heightCm: known.heightCm,
    showMe,
    birthDates: birthDatesOf(minAge, maxAge, today),
    radiusKm: distanceStepOf(known.maxDistanceKm),
    reach: reach ?? anywhere,
    dealBreakers: known.dealBreakers ?? {},
  };
}

/** The same person with no wishes: whom such a person sees, and the real one does not, the preferences keep away. */
export function withoutPreferences(observer: Observer, today: Day): Observer {
  return {
    ...observer,
    showMe: ["woman", "man", "nonbinary"],
    birthDates: birthDatesOf(18, 130, today),
    radiusKm: null,
    reach: anywhere,
    dealBreakers: {},
  };
}

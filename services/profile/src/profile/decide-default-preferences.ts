import type { Preferences } from "@kismet/contracts";

const yearsAround = 10;
const youngest = 18;
const oldest = 100;
const defaultDistanceKm = 50;

/** Of a new profile, until its owner says otherwise: people of about the same age, not far away. */
export function decideDefaultPreferences(age: number): Preferences {
  return {
    showMe: ["woman", "man", "nonbinary"],
    minAge: Math.min(oldest, Math.max(youngest, age - yearsAround)),
    maxAge: Math.min(oldest, Math.max(youngest, age + yearsAround)),
    maxDistanceKm: defaultDistanceKm,
  };
}

import type { CardAttributes, OptionalProfileField, ProfileSnapshot } from "@kismet/contracts";
import type { ProfileRow } from "./profile-repository.ts";

/** What may leave this service: without the fields that the member hides. */
export function snapshotOf(profile: ProfileRow): ProfileSnapshot {
  const { memberId, version, firstName, birthDate, gender, preferences, cell, timeZone } = profile;
  return {
    memberId,
    version,
    firstName,
    birthDate,
    gender,
    bio: shown(profile, "bio"),
    interests: shown(profile, "interests") ?? [],
    relationshipGoal: shown(profile, "relationshipGoal"),
    job: shown(profile, "job"),
    school: shown(profile, "school"),
    heightCm: shown(profile, "heightCm"),
    attributes: shownAttributes(profile),
    preferences,
    cell,
    timeZone,
    createdAt: profile.createdAt.toISOString(),
    changedAt: profile.changedAt.toISOString(),
  };
}

export function shown<F extends OptionalProfileField>(profile: ProfileRow, field: F): ProfileRow[F] | null {
  return profile.hidden.includes(field) ? null : profile[field];
}

const attributeFields = [
  "orientation",
  "prompts",
  "children",
  "smoking",
  "drinking",
  "religion",
  "languages",
] as const satisfies (keyof CardAttributes)[];

function shownAttributes(profile: ProfileRow): CardAttributes {
  return stated(Object.fromEntries(attributeFields.map((field) => [field, shown(profile, field)])));
}

/** Leaves out what is not stated: null, and empty lists. */
export function stated<T extends Record<string, unknown>>(fields: T): StatedOf<T> {
  const entries = Object.entries(fields).filter(
    ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(entries) as StatedOf<T>;
}

type StatedOf<T> = { [K in keyof T]?: NonNullable<T[K]> };

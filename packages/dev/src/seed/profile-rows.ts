import type { ProfileSnapshot } from "@kismet/contracts";
import type { CopyRow } from "./copy-rows.ts";

/** The profile as its owner would have written it: nothing hidden, so that others see all of it. */
export function profileRow(profile: ProfileSnapshot): CopyRow {
  const { attributes = {} } = profile;
  return {
    member_id: profile.memberId,
    version: profile.version,
    first_name: profile.firstName,
    birth_date: profile.birthDate,
    gender: profile.gender,
    bio: profile.bio,
    interests: profile.interests,
    relationship_goal: profile.relationshipGoal,
    job: profile.job,
    school: profile.school,
    height_cm: profile.heightCm,
    orientation: attributes.orientation ?? null,
    prompts: json(attributes.prompts ?? []),
    children: attributes.children ?? null,
    smoking: attributes.smoking ?? null,
    drinking: attributes.drinking ?? null,
    religion: attributes.religion ?? null,
    languages: attributes.languages ?? [],
    hidden: [],
    preferences: profile.preferences,
    cell: profile.cell,
    time_zone: profile.timeZone,
    created_at: profile.createdAt,
    changed_at: profile.changedAt,
  };
}

/** What profile keeps of an account that auth has told of once. */
export function accountStatusRow(memberId: string): CopyRow {
  return { member_id: memberId, status: "active", version: 1 };
}

/** A list in a JSON column; a bare array would be taken for an array of text. */
function json(value: readonly unknown[]): string {
  return JSON.stringify(value);
}

import { distanceStepsKm, type Gender, type ProfileSnapshot } from "@kismet/contracts";
import { cellToLatLng, cellToParent, degsToRads } from "h3-js";
import type { CopyRow } from "./copy-rows.ts";

const earthRadiusKm = 6371.0088;

/**
 * What matching's consumers would make of the account and the profile. Written down here a second time, since a
 * package may not reach into a service; seeds.int.test.ts holds the two against each other.
 */
export function candidateRow(profile: ProfileSnapshot): CopyRow {
  const { preferences } = profile;
  return {
    member_id: profile.memberId,
    account_status: "active",
    account_version: 1,
    profile_version: profile.version,
    first_name: profile.firstName,
    birth_date: profile.birthDate,
    gender: profile.gender,
    bio: profile.bio,
    interests: profile.interests,
    relationship_goal: profile.relationshipGoal,
    job: profile.job,
    school: profile.school,
    height_cm: profile.heightCm,
    attributes: profile.attributes ?? null,
    show_me: preferences.showMe,
    seeking: seekingOf(profile.gender, preferences.showMe),
    min_age: preferences.minAge,
    max_age: preferences.maxAge,
    deal_breakers: preferences.dealBreakers ?? null,
    max_distance_km: preferences.maxDistanceKm,
    reach: reachOf(preferences.maxDistanceKm),
    ...placeOf(profile.cell),
    time_zone: profile.timeZone,
    fresh_at: profile.changedAt,
  };
}

function placeOf(cell: string | null): CopyRow {
  if (cell === null)
    return { cell, local_cell: null, near_cell: null, region_cell: null, x: null, y: null, z: null };
  const [latitude = 0, longitude = 0] = cellToLatLng(cell).map(degsToRads);
  return {
    cell,
    local_cell: cellToParent(cell, 6),
    near_cell: cellToParent(cell, 5),
    region_cell: cellToParent(cell, 3),
    x: Math.cos(latitude) * Math.cos(longitude),
    y: Math.cos(latitude) * Math.sin(longitude),
    z: Math.sin(latitude),
  };
}

/** Who seeks whom, as one value: `woman>man+nonbinary`. */
function seekingOf(gender: Gender, showMe: Gender[]): string {
  const genders = (["woman", "man", "nonbinary"] as const).filter((each) => showMe.includes(each));
  return `${gender}>${genders.join("+")}`;
}

/** Square of the chord of the unit sphere that spans the distance, rounded up to a step; 4 is everywhere. */
function reachOf(maxDistanceKm: number | null): number {
  const stepKm = maxDistanceKm === null ? undefined : distanceStepsKm.find((step) => maxDistanceKm <= step);
  return stepKm === undefined ? 4 : 4 * Math.sin(stepKm / (2 * earthRadiusKm)) ** 2;
}

/** A like that the member has not answered. */
export function likeRow(like: {
  id: string;
  actorId: string;
  targetId: string;
  superlike: { note: string } | null;
  at: string;
}): CopyRow {
  return {
    actor_id: like.actorId,
    target_id: like.targetId,
    id: like.id,
    action: like.superlike ? "superlike" : "like",
    note: like.superlike?.note ?? null,
    answer: { matched: false, remaining: { likes: 49, superlikes: 0, resetsAt: like.at } },
    swiped_at: like.at,
  };
}

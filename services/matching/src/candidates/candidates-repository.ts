import type { AccountStatus, ProfileSnapshot } from "@kismet/contracts";
import { eq, lt } from "drizzle-orm";
import { reachOf } from "../deck/distance.ts";
import { placeOf } from "../deck/place.ts";
import { candidates } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";
import { seekingOf } from "./decide-seeking.ts";

export async function findCandidate(reads: Reads, memberId: string) {
  const [row] = await reads.select().from(candidates).where(eq(candidates.memberId, memberId));
  return row;
}

/** Does nothing if a later version is known. */
export async function saveProfile(tx: Tx, profile: ProfileSnapshot): Promise<void> {
  const { memberId, version, preferences, cell } = profile;
  const known = {
    firstName: profile.firstName,
    birthDate: profile.birthDate,
    gender: profile.gender,
    bio: profile.bio,
    interests: profile.interests,
    relationshipGoal: profile.relationshipGoal,
    job: profile.job,
    school: profile.school,
    heightCm: profile.heightCm,
    attributes: profile.attributes ?? null,
    timeZone: profile.timeZone,
    profileVersion: version,
    showMe: preferences.showMe,
    seeking: seekingOf(profile.gender, preferences.showMe),
    minAge: preferences.minAge,
    maxAge: preferences.maxAge,
    dealBreakers: preferences.dealBreakers ?? null,
    maxDistanceKm: preferences.maxDistanceKm,
    reach: reachOf(preferences.maxDistanceKm),
    freshAt: new Date(profile.changedAt),
    ...(cell === null ? nowhere : placeOf(cell)),
  };
  await tx
    .insert(candidates)
    .values({ memberId, ...known })
    .onConflictDoUpdate({
      target: candidates.memberId,
      set: known,
      setWhere: lt(candidates.profileVersion, version),
    });
}

/** Does nothing if a later version is known. */
export async function saveAccount(
  tx: Tx,
  account: { memberId: string; version: number; status: AccountStatus },
): Promise<void> {
  const known = { accountStatus: account.status, accountVersion: account.version };
  await tx
    .insert(candidates)
    .values({ memberId: account.memberId, ...known })
    .onConflictDoUpdate({
      target: candidates.memberId,
      set: known,
      setWhere: lt(candidates.accountVersion, account.version),
    });
}

/** Before a rebuild: whatever comes is news again, and overwrites what is there. */
export async function forgetProfileVersions(tx: Tx): Promise<void> {
  await tx.update(candidates).set({ profileVersion: 0 });
}

export async function forgetAccountVersions(tx: Tx): Promise<void> {
  await tx.update(candidates).set({ accountVersion: 0 });
}

const nowhere = { cell: null, localCell: null, nearCell: null, regionCell: null, x: null, y: null, z: null };

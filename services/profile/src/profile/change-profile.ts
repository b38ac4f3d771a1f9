import { isDeepStrictEqual } from "node:util";
import { emit } from "@kismet/bus";
import { ProfileChanged } from "@kismet/contracts";
import type { Tx } from "../storage.ts";
import { ProfileNotFound } from "./profile-errors.ts";
import { lockProfile, type ProfileChanges, type ProfileRow, updateProfile } from "./profile-repository.ts";
import { snapshotOf } from "./snapshot.ts";

/**
 * The one way in which a profile that exists changes. `decide` sees it as the last change left it: two at the same
 * time happen one after the other. What comes out equal is no change: no version, no event.
 */
export async function changeProfile(
  tx: Tx,
  memberId: string,
  now: Date,
  decide: (current: ProfileRow) => ProfileChanges,
): Promise<ProfileRow> {
  const current = await lockProfile(tx, memberId);
  if (!current) throw new ProfileNotFound();
  const changes = differences(current, decide(current));
  if (Object.keys(changes).length === 0) return current;
  const changed = await updateProfile(tx, memberId, {
    ...changes,
    version: current.version + 1,
    changedAt: now,
  });
  await tellProfile(tx, changed);
  return changed;
}

/** Under the lock of the row, so that the outbox has the versions in their order. */
export async function tellProfile(tx: Tx, profile: ProfileRow): Promise<void> {
  await emit(tx, ProfileChanged, { aggregateId: profile.memberId, payload: snapshotOf(profile) });
}

function differences(current: ProfileRow, wanted: ProfileChanges): ProfileChanges {
  const changed = Object.entries(wanted).filter(
    ([key, value]) => !isDeepStrictEqual(value, current[key as keyof ProfileRow]),
  );
  return Object.fromEntries(changed);
}

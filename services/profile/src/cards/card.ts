import type { Card } from "@kismet/contracts";
import { ageOf, dayOf } from "@kismet/service-kit";
import type { ProfileRow } from "../profile/profile-repository.ts";
import { snapshotOf, stated } from "../profile/snapshot.ts";

/** Made of the snapshot, which is all that others may know: nothing hidden can slip in. */
export function cardOf(profile: ProfileRow, now: Date): Card {
  const snapshot = snapshotOf(profile);
  const { memberId, firstName, gender, interests, attributes } = snapshot;
  const { bio, relationshipGoal, job, school, heightCm } = snapshot;
  return {
    memberId,
    firstName,
    age: ageOf(snapshot.birthDate, dayOf(now)),
    gender,
    interests,
    ...stated({ bio, relationshipGoal, job, school, heightCm }),
    ...attributes,
  };
}

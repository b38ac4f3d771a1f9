import { type OptionalProfileField, optionalProfileFields, type OwnProfile } from "@kismet/contracts";
import { ageOf, dayOf } from "@kismet/service-kit";
import { decideCompleteness } from "./decide-completeness.ts";
import type { ProfileRow } from "./profile-repository.ts";
import { stated } from "./snapshot.ts";

export function ownProfileOf(profile: ProfileRow, now: Date): OwnProfile {
  const { memberId, firstName, gender, birthDate, interests, hidden, timeZone, version } = profile;
  return {
    ...stated(optionalFieldsOf(profile)),
    memberId,
    firstName,
    gender,
    birthDate,
    age: ageOf(birthDate, dayOf(now)),
    interests,
    hidden,
    completeness: decideCompleteness(profile),
    hasLocation: profile.cell !== null,
    timeZone,
    version,
    createdAt: profile.createdAt.toISOString(),
    changedAt: profile.changedAt.toISOString(),
  };
}

function optionalFieldsOf(profile: ProfileRow): Pick<ProfileRow, OptionalProfileField> {
  const entries = optionalProfileFields.map((field) => [field, profile[field]]);
  return Object.fromEntries(entries) as Pick<ProfileRow, OptionalProfileField>;
}

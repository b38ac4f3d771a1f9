import type { Card } from "@kismet/contracts";
import { ageOf, type Day } from "@kismet/service-kit";
import { candidates } from "../schema.ts";

/** The columns of which a card is made. */
export const cardColumns = {
  memberId: candidates.memberId,
  firstName: candidates.firstName,
  birthDate: candidates.birthDate,
  gender: candidates.gender,
  bio: candidates.bio,
  interests: candidates.interests,
  relationshipGoal: candidates.relationshipGoal,
  job: candidates.job,
  school: candidates.school,
  heightCm: candidates.heightCm,
  attributes: candidates.attributes,
};

export type CardRow = Pick<typeof candidates.$inferSelect, keyof typeof cardColumns>;

export function cardOf(row: CardRow, today: Day): Card {
  const { memberId, firstName, birthDate, gender, bio, relationshipGoal, job, school, heightCm } = row;
  if (firstName === null || birthDate === null || gender === null) {
    throw new Error(`nothing but an account is known of ${memberId}, who cannot have been swiped`);
  }
  return {
    ...row.attributes,
    memberId,
    firstName,
    age: ageOf(birthDate, today),
    gender,
    interests: row.interests ?? [],
    ...(bio === null ? {} : { bio }),
    ...(relationshipGoal === null ? {} : { relationshipGoal }),
    ...(job === null ? {} : { job }),
    ...(school === null ? {} : { school }),
    ...(heightCm === null ? {} : { heightCm }),
  };
}

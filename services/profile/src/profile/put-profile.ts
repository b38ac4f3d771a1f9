import type { Bus } from "@kismet/bus";
import { type Account, GetAccount, type ProfileRequest } from "@kismet/contracts";
import { ageOf, type Clock, dayOf } from "@kismet/service-kit";
import { saveAccount } from "../accounts/accounts-repository.ts";
import type { ProfileDatabase, Tx } from "../storage.ts";
import { changeProfile, tellProfile } from "./change-profile.ts";
import { decideDefaultPreferences } from "./decide-default-preferences.ts";
import { decideReplacement, type Fields } from "./decide-fields.ts";
import { findProfile, insertProfile, type ProfileRow } from "./profile-repository.ts";

type Deps = { database: ProfileDatabase; bus: Bus; clock: Clock };

/** Of the member who has told no place yet. */
const defaultTimeZone = "UTC";

/**
 * Replaces the profile, or makes the first one: then auth is asked for the birth date, since age decides who may be
 * shown to whom and members would not always tell the same one twice. If auth is away nothing is written, and the
 * same request works later.
 */
export async function putProfile(
  { database, bus, clock }: Deps,
  memberId: string,
  request: ProfileRequest,
): Promise<ProfileRow> {
  const fields = decideReplacement(request);
  const known = await findProfile(database.read, memberId);
  // Asked outside of the transaction: no lock or connection waits for another service.
  const account = known ? undefined : await bus.request(GetAccount, { memberId });
  return database.transaction(async (tx) => {
    const now = clock.now();
    const created = account && (await createProfile(tx, account, fields, now));
    return created ?? changeProfile(tx, memberId, now, () => fields);
  });
}

/** Gives nothing if another request has been faster. */
async function createProfile(
  tx: Tx,
  { memberId, birthDate, status }: Account,
  fields: Fields,
  now: Date,
): Promise<ProfileRow | undefined> {
  const created = await insertProfile(tx, {
    ...fields,
    memberId,
    birthDate,
    version: 1,
    preferences: decideDefaultPreferences(ageOf(birthDate, dayOf(now))),
    timeZone: defaultTimeZone,
    createdAt: now,
    changedAt: now,
  });
  if (!created) return undefined;
  await saveAccount(tx, { memberId, status, version: 0 });
  await tellProfile(tx, created);
  return created;
}

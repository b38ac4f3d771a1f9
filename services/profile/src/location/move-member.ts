import type { Clock } from "@kismet/service-kit";
import { changeProfile } from "../profile/change-profile.ts";
import type { ProfileChanges, ProfileRow } from "../profile/profile-repository.ts";
import type { ProfileDatabase } from "../storage.ts";
import { distanceKmBetween } from "./cell.ts";
import { decideMove, type MoveRules } from "./decide-move.ts";

type Deps = { database: ProfileDatabase; clock: Clock; rules: MoveRules };
export type Place = { cell: string; timeZone?: string };

/** Under the profile's lock, so that simultaneous moves are counted one by one. */
export async function moveMember(
  { database, clock, rules }: Deps,
  memberId: string,
  place: Place,
): Promise<void> {
  const now = clock.now();
  await database.transaction((tx) =>
    changeProfile(tx, memberId, now, (current) => moved(current, place, rules, now)),
  );
}

/** Clients tell their place again and again: the same one costs nothing. */
function moved(current: ProfileRow, place: Place, rules: MoveRules, now: Date): ProfileChanges {
  const { cell, timeZone = current.timeZone } = place;
  if (cell === current.cell && timeZone === current.timeZone) return {};
  const distanceKm = current.cell === null ? 0 : distanceKmBetween(current.cell, cell);
  return { cell, timeZone, ...decideMove(current, distanceKm, rules, now) };
}

import { optionalProfileFields } from "@kismet/contracts";
import type { ProfileRow } from "./profile-repository.ts";

/** Percentage of the optional fields that are stated; a hidden one counts, or hiding would be punished. */
export function decideCompleteness(
  profile: Pick<ProfileRow, (typeof optionalProfileFields)[number]>,
): number {
  const filled = optionalProfileFields.filter((field) => {
    const value = profile[field];
    return Array.isArray(value) ? value.length > 0 : value !== null;
  });
  return Math.round((100 * filled.length) / optionalProfileFields.length);
}

import type { AccountStatus } from "@kismet/contracts";

/** What an account's status follows from; nothing else sets it once the account is verified. */
export type Standing = {
  erasesAt: Date | null;
  hiddenAt: Date | null;
  restriction: { kind: "suspended" | "banned"; until: Date | null } | undefined;
  /** Whether the law where the member lives wants a proof of age that is not there. */
  ageUnproven: boolean;
};

/** Who leaves is leaving, whatever else; who comes back is as restricted as before. */
export function decideStanding(
  { erasesAt, hiddenAt, restriction, ageUnproven }: Standing,
  now: Date,
): Exclude<AccountStatus, "unverified"> {
  if (erasesAt) return "deleting";
  if (restriction && (restriction.until === null || restriction.until > now)) return restriction.kind;
  if (ageUnproven) return "age_unproven";
  return hiddenAt ? "hidden" : "active";
}

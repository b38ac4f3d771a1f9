import type { AccountStatus } from "@kismet/contracts";

/** What an account's status follows from; nothing else sets it once the account is verified. */
export type Standing = {
  erasesAt: Date | null;
  hiddenAt: Date | null;
  restriction: { kind: "suspended" | "banned"; until: Date | null } | undefined;
};

/** Who leaves is leaving, whatever else; who comes back is as restricted as before. */
export function decideStanding(
  { erasesAt, hiddenAt, restriction }: Standing,
  now: Date,
): Exclude<AccountStatus, "unverified"> {
  if (erasesAt) return "deleting";
  if (restriction && (restriction.until === null || restriction.until > now)) return restriction.kind;
  return hiddenAt ? "hidden" : "active";
}

import type { AccountStatus, Member } from "@kismet/contracts";

type Roles = Member["roles"];

/** A role is given to who is active. It is taken from whoever has it: hiding or leaving must be no way to keep it. */
export function mayHaveRoles(
  { status, roles }: { status: AccountStatus; roles: Roles },
  next: Roles,
): boolean {
  return status === "active" || (status !== "unverified" && next.every((role) => roles.includes(role)));
}

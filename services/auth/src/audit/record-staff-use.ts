import { recordAudit } from "@kismet/database";
import type { StaffUse } from "@kismet/service-kit";
import type { AuthDatabase } from "../storage.ts";

/** Behind each route for staff, called by the kit: who looked at whom is in the trail before the answer is. */
export function recordStaffUse(
  { read }: Pick<AuthDatabase, "read">,
  { method, route, memberId, outcome, times }: StaffUse,
): Promise<void> {
  const details = { method, route, ...(times === undefined ? {} : { times }) };
  return recordAudit(read, { action: "auth.staff.use", outcome, subject: memberId, details });
}

import { randomUUIDv7 } from "node:crypto";
import { recordAudit } from "@kismet/database";
import { AccountNotActive, type Clock, NotFound, requireContext } from "@kismet/service-kit";
import { lockAccount } from "../accounts/accounts-repository.ts";
import type { Sealing } from "../secrets/sealing.ts";
import type { AuthDatabase } from "../storage.ts";
import { newArchiveKey } from "./archive-chunks.ts";
import { ExportLimitReached } from "./export-errors.ts";
import { countSince, insertExport, type StoredExport } from "./exports-repository.ts";

type Deps = { database: AuthDatabase; clock: Clock; sealing: Sealing; exportsPerDay: number };

const dayMs = 86_400_000;

/** Notes the wish; the archive is made when nobody waits. Under the account's lock: of many at once only so many count. */
export async function requestExport(
  { database, clock, sealing, exportsPerDay }: Deps,
  memberId: string,
): Promise<StoredExport> {
  return database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    if (!account) throw new NotFound();
    // What is in it is of whoever signed up with the address, and nobody has shown that it is theirs.
    if (account.status === "unverified") throw new AccountNotActive();
    const now = clock.now();
    const { asked, first } = await countSince(tx, memberId, new Date(now.getTime() - dayMs));
    if (asked >= exportsPerDay) {
      const againAt = (first ?? now).getTime() + dayMs;
      throw new ExportLimitReached(exportsPerDay, Math.max(1, Math.ceil((againAt - now.getTime()) / 1_000)));
    }
    const id = randomUUIDv7();
    await recordAudit(tx, { action: "auth.export.request", details: { exportId: id } });
    return insertExport(tx, {
      id,
      memberId,
      requestedAt: now,
      requestId: requireContext().requestId,
      nextAttemptAt: now,
      sealedKey: sealing.seal(newArchiveKey()),
    });
  });
}

import { randomUUIDv7 } from "node:crypto";
import { recordAudit } from "@kismet/database";
import { type Clock, NotFound } from "@kismet/service-kit";
import { lockAccount } from "../accounts/accounts-repository.ts";
import type { AuthDatabase } from "../storage.ts";
import { ErasureBegun } from "./erasure-errors.ts";
import { findErasure } from "./erasures-repository.ts";
import { insertHold, liftHolds } from "./legal-holds-repository.ts";

type Deps = { database: AuthDatabase; clock: Clock };
/** `reference` is how the case is known elsewhere: it is kept with the hold, and not in the trail, which outlives it. */
type Hold = { memberId: string; reason: string; reference?: string | null; by: string };

/**
 * Keeps a member from being erased, for as long as it is not lifted; nothing else changes. Throws AUTH_ERASURE_BEGUN if it
 * comes too late.
 */
export async function placeLegalHold(
  { database, clock }: Deps,
  { memberId, reason, reference = null, by }: Hold,
): Promise<{ id: string }> {
  const id = randomUUIDv7();
  await database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    if (!account) throw new NotFound();
    if (await findErasure(tx, memberId)) throw new ErasureBegun();
    await recordAudit(tx, {
      action: "auth.legal-hold.place",
      actor: { kind: "operator", name: by },
      subject: memberId,
      details: { holdId: id },
    });
    await insertHold(tx, { id, memberId, reason, reference, placedBy: by, placedAt: clock.now() });
  });
  return { id };
}

/** One of the member's, without an id all of them; how many there were. An erasure that waited for it begins by itself. */
export async function liftLegalHolds(
  { database, clock }: Deps,
  { memberId, id, by }: { memberId: string; id?: string; by: string },
): Promise<number> {
  return database.transaction(async (tx) => {
    await lockAccount(tx, memberId);
    await recordAudit(tx, {
      action: "auth.legal-hold.lift",
      actor: { kind: "operator", name: by },
      subject: memberId,
      details: { holdId: id ?? null },
    });
    return liftHolds(tx, { memberId, id }, clock.now());
  });
}

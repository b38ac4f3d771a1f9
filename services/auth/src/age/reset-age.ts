import type { Tx } from "../storage.ts";
import { findAssurance, saveAssurance } from "./age-repository.ts";
import { declared } from "./decide-age.ts";

/** Back to what the member has declared. Nothing that was found before counts any more, whenever it comes. */
export async function resetAge(tx: Tx, memberId: string, now: Date): Promise<void> {
  const stored = await findAssurance(tx, memberId);
  if (!stored) return;
  const nothing = {
    provenAge: null,
    provider: null,
    providerRef: null,
    expiresAt: null,
    restrictionId: null,
  };
  await saveAssurance(tx, { memberId, ...declared, ...nothing, decidedAt: now });
}

/** People have taken back that somebody is too young: then the provider's word to that effect is gone too. */
export async function pardonAge(tx: Tx, memberId: string, now: Date): Promise<void> {
  if ((await findAssurance(tx, memberId))?.state === "refused") await resetAge(tx, memberId, now);
}

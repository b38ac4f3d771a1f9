import { randomUUIDv7 } from "node:crypto";
import { requireContext } from "@kismet/service-kit";
import { insertDelivery, type SandboxTx } from "./sandbox-repository.ts";
import type { SandboxWebhook } from "./sandbox-protocol.ts";

const longestDelayMs = 300;

export type Announcing = { now: Date; isUnruly: boolean; random: () => number };

/** Writes a webhook into the books with what it tells of, so that a crash can't lose it. */
export async function announce(
  tx: SandboxTx,
  { now, isUnruly, random }: Announcing,
  news: Pick<SandboxWebhook, "type" | "merchantRef" | "subscription">,
): Promise<void> {
  const webhook: SandboxWebhook = { id: randomUUIDv7(), createdAt: now.toISOString(), ...news };
  const delayMs = isUnruly ? random() * longestDelayMs : 0;
  await insertDelivery(tx, {
    id: webhook.id,
    body: JSON.stringify(webhook),
    requestId: requireContext().requestId,
    nextAttemptAt: new Date(now.getTime() + delayMs),
  });
}

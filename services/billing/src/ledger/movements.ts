import { randomUUIDv7 } from "node:crypto";
import type { Consumable, ProviderName } from "@kismet/contracts";
import type { Tx } from "../storage.ts";
import {
  addEntries,
  changeRemaining,
  insertGrant,
  listLapsedGrants,
  openTransaction,
} from "./ledger-repository.ts";

/*
 * Every way in which the ledger moves. Each names what happened by a key under which it is posted once, and is called
 * with the member locked.
 */

type Grant = {
  key: string;
  memberId: string;
  consumable: Consumable;
  quantity: number;
  grantedAt: Date;
  expiresAt: Date | null;
};

export async function grantConsumables(tx: Tx, { key, quantity, ...grant }: Grant): Promise<void> {
  const { memberId, consumable: unit, grantedAt: occurredAt } = grant;
  const transactionId = await openTransaction(tx, { kind: "grant", key, memberId, occurredAt });
  if (transactionId === undefined) return;
  const grantId = randomUUIDv7();
  await insertGrant(tx, { ...grant, id: grantId, quantity, remaining: quantity });
  await addEntries(tx, transactionId, [
    { account: "member", unit, amount: quantity, grantId },
    { account: "issued", unit, amount: -quantity },
  ]);
}

/** Money that the provider took for us. */
export async function recordPayment(
  tx: Tx,
  memberId: string,
  provider: ProviderName,
  payment: { ref: string; amount: number; currency: string; paidAt: Date },
): Promise<void> {
  const { ref, amount, currency: unit, paidAt: occurredAt } = payment;
  const key = `payment:${provider}:${ref}`;
  const transactionId = await openTransaction(tx, { kind: "payment", key, memberId, occurredAt });
  if (transactionId === undefined) return;
  await addEntries(tx, transactionId, [
    { account: `provider:${provider}`, unit, amount },
    { account: "revenue", unit, amount: -amount },
  ]);
}

type Unit = { memberId: string; key: string; consumable: Consumable; grantId: string; at: Date };

export async function takeOne(tx: Tx, unit: Unit): Promise<void> {
  await moveOne(tx, "spend", unit, -1);
}

/** To the grant that it was taken from: if that has ended meanwhile, what is given back ends at once too. */
export async function giveBackOne(tx: Tx, unit: Unit): Promise<void> {
  await moveOne(tx, "refund", unit, 1);
}

async function moveOne(tx: Tx, kind: "spend" | "refund", moved: Unit, amount: 1 | -1): Promise<void> {
  const { memberId, key, consumable: unit, grantId, at: occurredAt } = moved;
  const named = { kind, key: `${kind}:${memberId}:${key}`, memberId, occurredAt };
  const transactionId = await openTransaction(tx, named);
  if (transactionId === undefined) throw new Error(`${named.key} was posted although its spend was not`);
  await changeRemaining(tx, grantId, amount);
  await addEntries(tx, transactionId, [
    { account: "member", unit, amount, grantId },
    { account: "spent", unit, amount: -amount },
  ]);
}

export async function expireGrants(tx: Tx, memberId: string, now: Date): Promise<void> {
  for (const { id: grantId, consumable: unit, remaining, expiresAt } of await listLapsedGrants(
    tx,
    memberId,
    now,
  )) {
    // A grant lapses again after a refund to it, so that its id alone does not name an expiry.
    const key = `expiry:${grantId}:${randomUUIDv7()}`;
    const occurredAt = expiresAt ?? now;
    const transactionId = await openTransaction(tx, { kind: "expiry", key, memberId, occurredAt });
    if (transactionId === undefined) continue;
    await changeRemaining(tx, grantId, -remaining);
    await addEntries(tx, transactionId, [
      { account: "member", unit, amount: -remaining, grantId },
      { account: "expired", unit, amount: remaining },
    ]);
  }
}

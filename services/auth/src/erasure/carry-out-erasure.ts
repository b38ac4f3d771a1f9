import { type Bus, tombstoneReceipt } from "@kismet/bus";
import { type DomainService, domainServices, eraseMember, type ErasureReceipt } from "@kismet/contracts";
import { readReceipt } from "@kismet/custody";
import { recordAudit } from "@kismet/database";
import type { Clock, Logger } from "@kismet/service-kit";
import type { AuthDatabase } from "../storage.ts";
import {
  completeErasure,
  knownKey,
  listReceipts,
  postponeErasure,
  saveReceipt,
  type StoredErasure,
} from "./erasures-repository.ts";
import { listHeld } from "./legal-holds-repository.ts";

export type ErasureDeps = {
  database: AuthDatabase;
  bus: Bus;
  clock: Clock;
  logger: Logger;
  /** Erases the account itself, with all that is kept of it here. */
  eraseHere: (request: { erasureId: string; memberId: string }) => Promise<ErasureReceipt>;
  overdueMs: number;
};

const backoff = { baseMs: 1_000, maxMs: 300_000 };

/**
 * Has all services erase a member, and the account last: until then it is known whom the others are to erase. Whatever
 * breaks, it is taken up again where it was; a service that is asked again answers the same receipt.
 */
export async function carryOutErasure(deps: ErasureDeps, erasure: StoredErasure): Promise<boolean> {
  const { database, clock, logger } = deps;
  const failed = await askOthers(deps, erasure);
  try {
    if (failed.length === 0) {
      await obtain(deps, erasure, "auth");
      await database.transaction(async (tx) => {
        await recordAudit(tx, {
          action: "auth.erasure.complete",
          actor: { kind: "system" },
          details: { erasureId: erasure.id },
        });
        await completeErasure(tx, erasure.id, clock.now());
      });
      logger.info({ erasureId: erasure.id }, "a member has been erased everywhere");
      return true;
    }
  } catch (error) {
    failed.push({ service: "auth", err: error });
  }
  const now = clock.now().getTime();
  const isOverdue = now - erasure.beganAt.getTime() > deps.overdueMs;
  for (const each of failed) {
    const facts = { ...each, erasureId: erasure.id, attempts: erasure.attempts };
    if (isOverdue) logger.error(facts, "a member should have been erased by now");
    else logger.warn(facts, "a member could not be erased yet: tried again");
  }
  const waitMs = Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(erasure.attempts, 12));
  await postponeErasure(database.read, erasure.id, new Date(now + waitMs * (0.5 + Math.random() / 2)));
  return false;
}

type Failure = { service: DomainService | undefined; err: unknown };

/** Asks those that have not answered yet, and none of them about a member who is held back. */
async function askOthers(deps: ErasureDeps, erasure: StoredErasure): Promise<Failure[]> {
  const { read } = deps.database;
  const { id, memberId } = erasure;
  // None can be placed once an erasure has begun. But this can't be taken back, and a look is cheap.
  if (memberId !== null && (await listHeld(read, [memberId])).size > 0)
    return [{ service: "auth", err: new Error("a legal hold keeps the member") }];
  const known = new Set((await listReceipts(read, id)).map(({ service }) => service));
  const missing = domainServices.filter((service) => service !== "auth" && !known.has(service));
  const asked = await Promise.allSettled(missing.map((service) => obtain(deps, erasure, service)));
  return asked.flatMap((result, at) =>
    result.status === "rejected" ? [{ service: missing[at], err: result.reason as unknown }] : [],
  );
}

async function obtain(deps: ErasureDeps, erasure: StoredErasure, service: DomainService): Promise<void> {
  const { database, clock } = deps;
  const receipt = await ask(deps, erasure, service);
  const receivedAt = clock.now();
  const statement = readReceipt(receipt);
  const isOfThis =
    statement?.service === service &&
    statement.erasureId === erasure.id &&
    statement.member === erasure.digest;
  if (!isOfThis) throw new Error(`the receipt of ${service} is not of this erasure, or not signed`);
  const key = await knownKey(database.read, { service, key: receipt.key, firstSeenAt: receivedAt });
  if (key !== receipt.key)
    throw new Error(`the receipt of ${service} is signed with a key that is not known`);
  await saveReceipt(database.read, { erasureId: erasure.id, service, receipt, receivedAt });
}

async function ask(
  deps: ErasureDeps,
  erasure: StoredErasure,
  service: DomainService,
): Promise<ErasureReceipt> {
  const { id: erasureId, memberId, digest } = erasure;
  if (service === "auth") {
    // Done before, and then interrupted: the account is gone, and so is the name under which it could be asked for.
    if (memberId === null)
      return (await tombstoneReceipt(deps.database.read, "auth", digest)) as ErasureReceipt;
    return deps.eraseHere({ erasureId, memberId });
  }
  if (memberId === null) throw new Error("the account went before the others had answered");
  return deps.bus.request(eraseMember(service), { erasureId, memberId });
}

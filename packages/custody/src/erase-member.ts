import { randomUUID } from "node:crypto";
import { type Bus, engraveTombstone, lockTombstone, setUpTombstone, tombstoneOf } from "@kismet/bus";
import { ErasureReceipt, type ErasureStatement } from "@kismet/contracts";
import type { AnyDatabase, AnyTransaction } from "@kismet/database";
import type { Clock } from "@kismet/service-kit";
import { Compile } from "typebox/compile";
import { deleteRows, rewriteRows } from "./custody-repository.ts";
import type { Custody, Entry } from "./declare-custody.ts";
import type { ReceiptSigner } from "./receipts.ts";

export type ErasureDeps = {
  service: string;
  database: AnyDatabase;
  forgetting: Bus["forgetting"];
  custody: Custody;
  signer: ReceiptSigner;
  clock: Clock;
  /** What must be settled with others before anything is erased: may be repeated, and throws if it can't be done yet. */
  before?: (memberId: string) => Promise<void>;
  /** What is kept outside of the tables: may be repeated, and throws if it can't be done yet. */
  outside?: (memberId: string) => Promise<void>;
};

const receipts = Compile(ErasureReceipt);

/**
 * Erases a member in this service, and says what it did. The tombstone is committed first: whatever is told of the member
 * from then on has no effect. Then everything that can't be rolled back, each of which may be repeated; then all tables
 * in one transaction, together with the receipt. Broken off anywhere it is asked for again, and goes through from the
 * beginning; once it is done the receipt is answered, the same for ever.
 */
export async function eraseMember(
  deps: ErasureDeps,
  { erasureId, memberId }: { erasureId: string; memberId: string },
): Promise<ErasureReceipt> {
  const { service, database, forgetting } = deps;
  const before = await database.transaction(async (tx) => {
    const known = await lockTombstone(tx, service, memberId);
    if (!known) await setUpTombstone(tx, service, { memberId, erasureId });
    return known;
  });
  // Who is second at the same moment finds it below: this spares who is late the streams and the provider.
  const earlier = receiptOf(before?.receipt);
  if (earlier) return earlier;
  await deps.before?.(memberId);
  await deps.outside?.(memberId);
  const gone = await forgetting.fromStreams(memberId);
  return database.transaction(async (tx) => {
    const tombstone = await lockTombstone(tx, service, memberId);
    if (!tombstone) throw new Error("a tombstone stays once it is set up");
    const done = receiptOf(tombstone.receipt);
    if (done) return done;
    const { deleted, rewritten } = await eraseTables(tx, deps.custody, memberId);
    const told = await forgetting.fromTables(tx, memberId, gone);
    const receipt = deps.signer.sign({
      version: 1,
      service,
      erasureId: tombstone.erasureId,
      member: tombstoneOf(memberId),
      begunAt: tombstone.begunAt,
      erasedAt: deps.clock.now().toISOString(),
      deleted: [...deleted, { table: "outbox", rows: told.outbox }, { table: "parked", rows: told.parked }],
      rewritten,
      kept: keptBy(deps.custody),
    });
    await engraveTombstone(tx, service, memberId, receipt);
    return receipt;
  });
}

type Done = Pick<ErasureStatement, "deleted" | "rewritten">;

async function eraseTables(tx: AnyTransaction, custody: Custody, memberId: string): Promise<Done> {
  const context = { memberId, pseudonym: randomUUID() };
  const done: Done = { deleted: [], rewritten: [] };
  for (const { name, table, custody: declared } of custody.entries) {
    for (const step of declared.erased) {
      const rows = step.rows(memberId);
      // Without a condition it would be everybody's.
      if (!rows) throw new Error(`${name}: an erasure without a condition`);
      const set = step.set?.(context);
      if (set) {
        const count = await rewriteRows(tx, table, rows, set);
        done.rewritten.push({ table: name, rows: count, columns: Object.keys(set) });
      } else done.deleted.push({ table: name, rows: await deleteRows(tx, table, rows) });
    }
  }
  return done;
}

/** Of tables in which something of the member can stay. */
function keptBy({ entries }: Custody): ErasureStatement["kept"] {
  return entries.flatMap(({ name, custody }: Entry) => {
    const isAbout = custody.erased.length > 0 || name === "tombstones";
    const byReason = Map.groupBy(Object.entries(custody.kept ?? {}), ([, why]) => why ?? "");
    if (!isAbout) return [];
    return [...byReason].map(([why, columns]) => ({
      table: name,
      columns: columns.map(([key]) => key),
      why,
    }));
  });
}

function receiptOf(stored: unknown): ErasureReceipt | undefined {
  return receipts.Check(stored) ? stored : undefined;
}

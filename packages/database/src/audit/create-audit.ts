import type { Parts } from "@kismet/service-kit";
import { Gauge } from "prom-client";
import { type AnyTransaction, lockKeys } from "../advisory-locks.ts";
import type { AnyDatabase } from "../database.ts";
import { pollAsLeader } from "../leadership.ts";
import type { DatabaseConfig } from "../pool.ts";
import {
  ageOfRow,
  type AuditHead,
  type AuditKeyring,
  auditKeyring,
  type AuditSecrets,
  type BrokenLink,
  type ChainHead,
  digestOf,
  emptyHead,
  followChain,
  pseudonymOf,
  type SealedRow,
} from "./audit-chain.ts";
import {
  appendTrail,
  type PendingRow,
  pendingSince,
  selectTrail,
  takePending,
  type TrailQuery,
} from "./audit-repository.ts";
import { auditTopic } from "./record-audit.ts";

const everyMs = 1_000;
const batch = 200;
/** Bounds one round of sealing. */
const timeoutMs = 10_000;
/** How much of the end of a trail may be cut off unnoticed: what was sealed since the last announcement. */
const announcedEveryMs = 60_000;
const pageSize = 1_000;

export type Verification = {
  rows: number;
  head: AuditHead;
  broken?: BrokenLink | { seq: number; fault: "truncated" | "rewritten" };
};

export type Audit = {
  /** Seals what waits, now, and says how much it was; the leader does it by itself. */
  seal(): Promise<number>;
  /**
   * Follows the whole chain, and holds it against heads that were announced: one beyond the end tells that the end is
   * cut off, one that another row has that everything was written anew.
   */
  verify(announced?: readonly AuditHead[]): Promise<Verification>;
  /** Under which names a member is in the trail: one for each secret that it was sealed by. */
  pseudonymsOf(id: string): string[];
  list(query: TrailQuery, limit: number): Promise<SealedRow[]>;
};

type Deps = {
  database: AnyDatabase;
  secrets: AuditSecrets;
  /** Takes the head of the chain to where whoever can write the table can't take it back from. */
  announce: (tx: AnyTransaction, head: AuditHead) => Promise<void>;
};

/** The trail of one service: docs/adr/audit-chain.md. */
export function createAudit({ name }: Pick<Parts, "name">, { database, secrets, announce }: Deps): Audit {
  const keyring = auditKeyring(secrets);
  let announced = { atMs: Number.NEGATIVE_INFINITY, seq: 0 };

  return {
    pseudonymsOf: (id) => keyring.all.map((keys) => pseudonymOf(keys, id)),
    list: (query, limit) => selectTrail(database.read, name, query, limit),
    async seal() {
      const sealed = await database.transaction(async (tx) => {
        // Two who think that they lead must not continue one chain twice.
        await lockKeys(tx, `${name}/audit/chain`);
        const before = await headOf(tx, name, keyring);
        const rows = sealAll(keyring, before, await takePending(tx, name, batch));
        await appendTrail(tx, name, rows);
        const { seq, digest } = rows.at(-1) ?? before;
        const isDue = seq > announced.seq && performance.now() - announced.atMs >= announcedEveryMs;
        if (isDue) await announce(tx, { seq, digest });
        return { count: rows.length, ...(isDue ? { announced: { atMs: performance.now(), seq } } : {}) };
      });
      announced = sealed.announced ?? announced;
      return sealed.count;
    },
    verify: (announced = []) => verifyTrail(keyring, database, name, announced),
  };
}

/** One instance seals, a moment after rows were written: nobody's transaction waits for the end of the chain. */
export function keepSealed(parts: Parts<DatabaseConfig>, database: AnyDatabase, audit: Audit): void {
  const poller = pollAsLeader(parts, database, {
    name: "audit",
    everyMs,
    timeoutMs,
    work: async () => (await audit.seal()) === batch,
  });
  new Gauge({
    name: "kismet_audit_waiting_seconds",
    help: "How long the oldest audit row has waited to be sealed",
    registers: [parts.metrics],
    async collect() {
      const { since } = await pendingSince(database.read, parts.name);
      this.set(since === null ? 0 : Math.max(0, (Date.now() - since.getTime()) / 1_000));
    },
  });
  database.onCommit(auditTopic, () => poller.poke());
}

/** The end of the chain. One that no secret here has sealed is continued all the same: verifying names it. */
async function headOf(tx: AnyTransaction, name: string, keyring: AuditKeyring): Promise<ChainHead> {
  const [last, previous] = await selectTrail(tx, name, { before: Number.MAX_SAFE_INTEGER }, 2);
  if (!last) return emptyHead;
  const age = ageOfRow(keyring, previous?.digest ?? emptyHead.digest, last) ?? 0;
  return { seq: last.seq, digest: last.digest, age };
}

function sealAll(keyring: AuditKeyring, from: ChainHead, waiting: readonly PendingRow[]): SealedRow[] {
  let head: AuditHead = from;
  // Another instance may have gone on to the next secret: this one follows, or the chain would go back.
  const keys = keyring.all[Math.max(keyring.own, from.age)];
  if (!keys) throw new Error("there is always a secret that seals");
  return waiting.map(({ id: _position, ...entry }) => {
    const isPerson = entry.actorKind !== "operator" && entry.actor !== null;
    const row = {
      ...entry,
      seq: head.seq + 1,
      actor: isPerson ? pseudonymOf(keys, entry.actor ?? "") : entry.actor,
      subject: entry.subject === null ? null : pseudonymOf(keys, entry.subject),
      session: entry.session === null ? null : pseudonymOf(keys, entry.session),
      // What the column keeps is finer than what is read back of it.
      occurredAt: new Date(new Date(entry.occurredAt).getTime()),
    };
    const digest = digestOf(keys, head.digest, row);
    head = { seq: row.seq, digest };
    return { ...row, digest };
  });
}

async function verifyTrail(
  keyring: AuditKeyring,
  database: AnyDatabase,
  name: string,
  announced: readonly AuditHead[],
): Promise<Verification> {
  const expected = new Map(announced.map(({ seq, digest }) => [seq, digest]));
  const toldOf = ({ seq, digest }: AuditHead): AuditHead => ({ seq, digest });
  let head = emptyHead;
  for (;;) {
    const rows = await selectTrail(database.read, name, { after: head.seq }, pageSize);
    const followed = followChain(keyring, head, rows);
    if ("broken" in followed) return { rows: head.seq, head: toldOf(head), broken: followed.broken };
    const rewritten = rows.find(({ seq, digest }) => (expected.get(seq) ?? digest) !== digest);
    if (rewritten)
      return { rows: head.seq, head: toldOf(head), broken: { seq: rewritten.seq, fault: "rewritten" } };
    head = followed.head;
    if (rows.length < pageSize) break;
  }
  const isCut = announced.some(({ seq }) => seq > head.seq);
  return {
    rows: head.seq,
    head: toldOf(head),
    ...(isCut ? { broken: { seq: head.seq + 1, fault: "truncated" as const } } : {}),
  };
}

import { createHmac, hkdfSync } from "node:crypto";

/** A row of the trail without its digest. */
export type AuditRow = {
  seq: number;
  action: string;
  outcome: string;
  actorKind: string;
  actor: string | null;
  subject: string | null;
  session: string | null;
  network: string | null;
  requestId: string;
  details: string;
  occurredAt: Date;
};

export type SealedRow = AuditRow & { digest: string };

/** Where a trail ends: everything up to `seq` is held by `digest`. */
export type AuditHead = { seq: number; digest: string };

/** A head, and of which secret, by its place in the order, its row is. */
export type ChainHead = AuditHead & { age: number };

/** What is before the first row. */
export const emptyHead: ChainHead = { seq: 0, digest: "", age: 0 };

export type AuditKeys = { chain: Buffer; names: Buffer };

/** One secret, two keys: who may check the chain need not be able to find members in it. */
export function auditKeys(secret: string): AuditKeys {
  const derive = (purpose: string) =>
    Buffer.from(hkdfSync("sha256", secret, "", `kismet audit ${purpose}`, 32));
  return { chain: derive("chain"), names: derive("names") };
}

/**
 * A secret that takes the place of another: what the one before has sealed stays as it is, and is checked and searched by
 * it. `next` is known on all instances before the first of them seals by it.
 */
export type AuditSecrets = { secret: string; before?: readonly string[]; next?: string | undefined };
/** Oldest first; `own` is the place of the one that seals. */
export type AuditKeyring = { all: readonly AuditKeys[]; own: number };

export function auditKeyring({ secret, before = [], next }: AuditSecrets): AuditKeyring {
  const secrets = [...before, secret, ...(next === undefined ? [] : [next])];
  return { all: secrets.map(auditKeys), own: before.length };
}

/** By which secret a row was sealed, of those that are not older than `from`; undefined by none, and so altered. */
export function ageOfRow(
  { all }: AuditKeyring,
  before: string,
  row: SealedRow,
  from = 0,
): number | undefined {
  const found = all.findIndex((keys, age) => age >= from && digestOf(keys, before, row) === row.digest);
  return found === -1 ? undefined : found;
}

/** What stands for a member, session or client: always the same, and not to be traced back once the id is forgotten. */
export function pseudonymOf({ names }: AuditKeys, id: string): string {
  return createHmac("sha256", names).update(id).digest("base64url").slice(0, 32);
}

/** Keyed, so that whoever can write rows can't make their digests. */
export function digestOf({ chain }: AuditKeys, before: string, row: AuditRow): string {
  const {
    seq,
    action,
    outcome,
    actorKind,
    actor,
    subject,
    session,
    network,
    requestId,
    details,
    occurredAt,
  } = row;
  const said = [seq, action, outcome, actorKind, actor, subject, session, network, requestId, details];
  return createHmac("sha256", chain)
    .update(JSON.stringify([before, ...said, occurredAt.toISOString()]))
    .digest("base64url");
}

export type BrokenLink = {
  seq: number;
  /** `missing`: no row here, although there are later ones. `altered`: not the row that was sealed here. */
  fault: "missing" | "altered";
};

/**
 * Follows the chain through the next rows; where it breaks, or its new head. Once a row is by one secret, none after it is by
 * an older one: whoever has got hold of that can continue nothing.
 */
export function followChain(
  keyring: AuditKeyring,
  from: ChainHead,
  rows: readonly SealedRow[],
): { head: ChainHead } | { broken: BrokenLink } {
  let head = from;
  for (const row of rows) {
    const seq = head.seq + 1;
    if (row.seq !== seq) return { broken: { seq, fault: "missing" } };
    const age = ageOfRow(keyring, head.digest, row, head.age);
    if (age === undefined) return { broken: { seq, fault: "altered" } };
    head = { seq, digest: row.digest, age };
  }
  return { head };
}

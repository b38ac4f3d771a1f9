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

/** What is before the first row. */
export const emptyHead: AuditHead = { seq: 0, digest: "" };

export type AuditKeys = { chain: Buffer; names: Buffer };

/** One secret, two keys: who may check the chain need not be able to find members in it. */
export function auditKeys(secret: string): AuditKeys {
  const derive = (purpose: string) =>
    Buffer.from(hkdfSync("sha256", secret, "", `kismet audit ${purpose}`, 32));
  return { chain: derive("chain"), names: derive("names") };
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

/** Follows the chain through the next rows; where it breaks, or its new head. */
export function followChain(
  keys: AuditKeys,
  from: AuditHead,
  rows: readonly SealedRow[],
): { head: AuditHead } | { broken: BrokenLink } {
  let head = from;
  for (const row of rows) {
    const seq = head.seq + 1;
    if (row.seq !== seq) return { broken: { seq, fault: "missing" } };
    if (digestOf(keys, head.digest, row) !== row.digest) return { broken: { seq, fault: "altered" } };
    head = { seq, digest: row.digest };
  }
  return { head };
}

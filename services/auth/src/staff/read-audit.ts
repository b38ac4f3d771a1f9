import type { AuditItem } from "@kismet/contracts";
import type { Audit } from "@kismet/database";
import { listStaff } from "../accounts/accounts-repository.ts";
import type { AuthDatabase } from "../storage.ts";

const newest = Number.MAX_SAFE_INTEGER;

/** A page of the trail, of one member if it is said. The pseudonyms of that member and of staff are resolved. */
export async function readAudit(
  { audit, database }: { audit: Audit; database: AuthDatabase },
  { limit = 20, before = newest }: { limit?: number | undefined; before?: number | undefined },
  memberId?: string,
): Promise<{ items: AuditItem[]; nextCursor: null }> {
  const known = [...(await listStaff(database.read)), ...(memberId === undefined ? [] : [memberId])];
  const names = new Map(known.flatMap((id) => audit.pseudonymsOf(id).map((name) => [name, id] as const)));
  const nameOf = (pseudonym: string | null) =>
    pseudonym === null ? null : (names.get(pseudonym) ?? pseudonym);
  const subject = memberId === undefined ? undefined : audit.pseudonymsOf(memberId);
  const rows = await audit.list({ before, subject }, limit);
  const items = rows.map(({ digest: _digest, session: _session, occurredAt, actor, subject, ...row }) => ({
    ...row,
    actor: nameOf(actor),
    subject: nameOf(subject),
    occurredAt: occurredAt.toISOString(),
  }));
  return { items, nextCursor: null };
}

import { type Static, Type } from "typebox";
import { nullable, strict, Timestamp, Uuid } from "./schema.ts";
import type { DomainService } from "./service-name.ts";
import { defineRequest } from "./subject.ts";

/** What every service with tables answers; see packages/custody. */

const Name = Type.String({ pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,99}$", maxLength: 100 });
const Why = Type.String({ minLength: 1, maxLength: 500 });
const Count = Type.Integer({ minimum: 0 });
const Columns = Type.Array(Name, { maxItems: 200 });
const maxTables = 100;

/** SHA-256 of a member's id under a name of its own, base64url: who has the id can ask for it, nobody else finds it. */
const Digest = Type.String({ pattern: "^[A-Za-z0-9_-]{43}$", maxLength: 43 });

/** What a service did about a member who is erased. It names nobody. */
export const ErasureStatement = strict({
  version: Type.Literal(1),
  service: Name,
  erasureId: Uuid,
  member: Digest,
  begunAt: Timestamp,
  erasedAt: Timestamp,
  /** Rows that are gone, by table. */
  deleted: Type.Array(strict({ table: Name, rows: Count }), { maxItems: maxTables }),
  /** Rows that no longer say whose they were, and what was taken from them. */
  rewritten: Type.Array(strict({ table: Name, rows: Count, columns: Columns }), { maxItems: maxTables }),
  /** What stays of such rows, and why. */
  kept: Type.Array(strict({ table: Name, columns: Columns, why: Why }), { maxItems: 2 * maxTables }),
});
export type ErasureStatement = Static<typeof ErasureStatement>;

/** The statement as the very text that was signed (Ed25519), so that nobody has to agree on how JSON is written. */
export const ErasureReceipt = strict({
  statement: Type.String({ minLength: 2, maxLength: 100_000 }),
  /** Public key and signature, base64url. */
  key: Type.String({ pattern: "^[A-Za-z0-9_-]{43}$", maxLength: 43 }),
  signature: Type.String({ pattern: "^[A-Za-z0-9_-]{86}$", maxLength: 86 }),
});
export type ErasureReceipt = Static<typeof ErasureReceipt>;

/** Erases a member for good. Asked again it answers the same receipt. */
export const eraseMember = (service: DomainService) =>
  defineRequest({
    subject: `${service}.v1.member.erase`,
    request: strict({ erasureId: Uuid, memberId: Uuid }),
    reply: ErasureReceipt,
    timeoutMs: 30_000,
    idempotent: true,
  });

const ExportSection = strict({
  name: Name,
  /** For whoever opens the archive. */
  title: Type.String({ maxLength: 200 }),
  fields: Columns,
});
export type ExportSection = Static<typeof ExportSection>;

/** What a service has to give out of a member's. */
export const describeExport = (service: DomainService) =>
  defineRequest({
    subject: `${service}.v1.export.describe`,
    request: strict({}),
    reply: strict({ sections: Type.Array(ExportSection, { maxItems: maxTables }) }),
    timeoutMs: 5_000,
    idempotent: true,
  });

/** One page of a section. */
export const readExport = (service: DomainService) =>
  defineRequest({
    subject: `${service}.v1.export.read`,
    request: strict({
      memberId: Uuid,
      section: Name,
      cursor: nullable(Type.String({ minLength: 1, maxLength: 1_000 })),
    }),
    reply: strict({
      /** JSON objects with commas between them: only who opens the archive reads them. */
      rows: Type.String({ maxLength: 950_000 }),
      count: Count,
      /** Null on the last page. */
      cursor: nullable(Type.String({ minLength: 1, maxLength: 1_000 })),
    }),
    timeoutMs: 10_000,
    idempotent: true,
  });

/** `manifest.json` of an archive: what else is in it. Each other file is a JSON array of objects with these fields. */
export const ExportManifest = strict({
  format: Type.Literal("kismet-export"),
  version: Type.Literal(1),
  memberId: Uuid,
  createdAt: Timestamp,
  files: Type.Array(
    strict({
      path: Type.String({ maxLength: 200 }),
      service: Name,
      title: Type.String({ maxLength: 200 }),
      count: Count,
      fields: Columns,
    }),
    { maxItems: 1_000 },
  ),
});
export type ExportManifest = Static<typeof ExportManifest>;

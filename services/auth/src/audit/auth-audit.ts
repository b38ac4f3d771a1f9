import { emit } from "@kismet/bus";
import { AuditSealed } from "@kismet/contracts";
import { type Audit, createAudit } from "@kismet/database";
import type { Config } from "../config.ts";
import type { Parts } from "@kismet/service-kit";
import type { AuthDatabase } from "../storage.ts";

type AuditConfig = Pick<Config, "auditSecret" | "auditSecretsBefore" | "auditSecretNext">;

/** The trail of this service; its head goes into the stream of events and the log, whose keepers are others. */
export function createAuthAudit(
  parts: Pick<Parts<AuditConfig>, "name" | "config" | "logger">,
  database: AuthDatabase,
): Audit {
  return createAudit(parts, {
    database,
    secrets: {
      secret: parts.config.auditSecret,
      before: parts.config.auditSecretsBefore,
      next: parts.config.auditSecretNext,
    },
    async announce(tx, head) {
      await emit(tx, AuditSealed, { aggregateId: "audit", payload: head });
      parts.logger.info({ auditSeq: head.seq, auditDigest: head.digest }, "audit trail sealed");
    },
  });
}

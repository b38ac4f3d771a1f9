/**
 * @kismet/database: how services reach Postgres.
 *
 * Purpose: a pool in which everything has a deadline, transactions, migrations, roles, leadership among instances, and
 * errors that say what went wrong without saying what was in the row.
 * Lifecycle: `createDatabase` connects nothing; the lifecycle's start waits for Postgres, its stop ends the pool.
 * Invariants: no statement, lock or wait outlives the context's deadline by more than a quarter of a second; a
 * connection on which we stopped waiting is never used again; nothing is repeated except after 40001 and 40P01.
 * May depend on: @kismet/service-kit.
 */
export type { AuditHead, AuditSecrets, SealedRow } from "./audit/audit-chain.ts";
export { auditTables } from "./audit/audit-tables.ts";
export { type Audit, createAudit, keepSealed, type Verification } from "./audit/create-audit.ts";
export { type AuditActor, type AuditOutcome, type AuditRecord, recordAudit } from "./audit/record-audit.ts";
export { afterCommit, announce } from "./after-commit.ts";
export { type AnyTransaction, lockKeys, sharedLock } from "./advisory-locks.ts";
export { type AnyDatabase, createDatabase, type Database, type TransactionOptions } from "./database.ts";
export type { Schema, Transaction } from "./drizzle-session.ts";
export { DatabaseTimeout, DatabaseUnavailable, isUniqueViolation, QueryFailed } from "./errors.ts";
export { holdLeadership, type LeadershipHandlers, pollAsLeader } from "./leadership.ts";
export { migrate, type MigrateOptions } from "./migrate.ts";
export type { DatabaseConfig } from "./pool.ts";
export { createRolesAndSchemas, type RolesOptions } from "./roles.ts";

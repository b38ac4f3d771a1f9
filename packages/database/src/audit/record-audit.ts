import { currentContext, networkOf } from "@kismet/service-kit";
import { randomUUIDv7 } from "node:crypto";
import { announce } from "../after-commit.ts";
import type { AnyTransaction } from "../advisory-locks.ts";
import { insertPending } from "./audit-repository.ts";

/** The topic of `database.onCommit` that wakes whoever seals. */
export const auditTopic = "audit";

export type AuditOutcome = "ok" | "refused";

/**
 * Who did it. A member or staff by member id; an operator at a shell by name; nobody who is known; or the system itself,
 * at its appointed time.
 */
export type AuditActor =
  | { kind: "member" | "staff"; memberId: string }
  | { kind: "operator"; name: string }
  | { kind: "client"; clientId: string }
  | { kind: "stranger" | "system" };

export type AuditRecord = {
  /** `auth.password.change`: the service, whose schema keeps it, then what was done. */
  action: `${string}.${string}`;
  outcome?: AuditOutcome;
  /** Whoever the request's token speaks for, unless it is said. */
  actor?: AuditActor;
  /** The member whom it concerns, unless it is the actor: by member id. */
  subject?: string | undefined;
  /** What else must be known: codes, kinds, counts. Never what a person could be known by: rows outlive members. */
  details?: Record<string, string | number | boolean | null | readonly string[]>;
};

const maxDetailsLength = 2_000;

/**
 * Records something sensitive in the transaction that does it: it is in the trail if and only if that commits. A refusal,
 * which rolls back, is recorded on `database.read`. From where, by which request and session is known from the context.
 */
export async function recordAudit(
  tx: AnyTransaction,
  { action, outcome = "ok", actor, subject, details = {} }: AuditRecord,
): Promise<void> {
  const context = currentContext();
  const who = actor ?? actorOf(context);
  const text = JSON.stringify(details);
  if (text.length > maxDetailsLength)
    throw new Error(`the details of ${action} are longer than an audit row`);
  await insertPending(tx, schemaOf(action), {
    action,
    outcome,
    actorKind: who.kind,
    actor: idOf(who),
    subject: subject ?? (who.kind === "member" ? who.memberId : null),
    session: context?.member?.sessionId ?? null,
    network: context?.address === undefined ? null : (networkOf(context.address) ?? null),
    requestId: context?.requestId ?? randomUUIDv7(),
    details: text,
  });
  announce(tx, auditTopic);
}

function actorOf(context: ReturnType<typeof currentContext>): AuditActor {
  if (context?.member) {
    const { memberId, roles } = context.member;
    return { kind: roles.length > 0 ? "staff" : "member", memberId };
  }
  if (context?.operator !== undefined) return { kind: "operator", name: context.operator };
  if (context?.client) return { kind: "client", clientId: context.client.clientId };
  return { kind: context?.address === undefined ? "system" : "stranger" };
}

function idOf(actor: AuditActor): string | null {
  if ("memberId" in actor) return actor.memberId;
  if ("clientId" in actor) return actor.clientId;
  return "name" in actor ? actor.name : null;
}

function schemaOf(action: string): string {
  return action.slice(0, action.indexOf("."));
}

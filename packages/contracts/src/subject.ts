import type { Static, TSchema } from "typebox";
import type { ServiceName } from "./service-name.ts";

/** A fact in JetStream, under `events.<service>.<noun>.<past participle>`. */
export type EventContract<S extends TSchema = TSchema> = {
  readonly kind: "event";
  readonly subject: `events.${ServiceName}.${string}.${string}`;
  readonly payload: S;
  /**
   * Whom it tells of: by this the service that has it finds it again when a member is erased, and nobody applies it to
   * one who has been. A method, so that a list of events may hold those of all schemas.
   */
  members(payload: Static<S>): readonly string[];
};

/** A question to another service, under `<service>.v1.<noun>.<verb>`, answered by a NATS micro-service. */
export type RequestContract<Q extends TSchema = TSchema, R extends TSchema = TSchema> = {
  readonly kind: "request";
  readonly subject: `${ServiceName}.v1.${string}.${string}`;
  readonly request: Q;
  readonly reply: R;
  /** How long an asker waits at most; the deadline of its own request may be nearer. */
  readonly timeoutMs: number;
  /** Whether asking again can do no harm: only then is a lost answer asked for again. */
  readonly idempotent: boolean;
};

/** A hint over core NATS, delivered at most once to who listens now: the truth is read from a database. */
export type SignalContract<S extends TSchema = TSchema> = {
  readonly kind: "signal";
  readonly subject: (id: string) => string;
  readonly payload: S;
};

export type PayloadOf<C extends EventContract | SignalContract> = Static<C["payload"]>;

export function defineEvent<S extends TSchema>(contract: Omit<EventContract<S>, "kind">): EventContract<S> {
  mustHave(contract.subject, { payload: contract.payload, members: contract.members });
  return { kind: "event", ...contract };
}

export function defineRequest<Q extends TSchema, R extends TSchema>(
  contract: Omit<RequestContract<Q, R>, "kind">,
): RequestContract<Q, R> {
  const { subject, request, reply, timeoutMs, idempotent } = contract;
  mustHave(subject, { request, reply, timeoutMs, idempotent });
  return { kind: "request", ...contract };
}

export function defineSignal<S extends TSchema>(
  contract: Omit<SignalContract<S>, "kind">,
): SignalContract<S> {
  mustHave(contract.subject("<id>"), { payload: contract.payload });
  return { kind: "signal", ...contract };
}

/** The type check says it too; but who starts a service without it would learn of it from the first message. */
function mustHave(subject: string, parts: Record<string, unknown>): void {
  const missing = Object.keys(parts).filter((name) => parts[name] === undefined);
  if (missing.length > 0)
    throw new Error(`${subject} has no ${missing.join(", ")}: its contract must say it`);
}

import { Type, type Static } from "typebox";
import { literals, nullable, strict, Timestamp } from "./schema.ts";
import { type DomainService, domainServices } from "./service-name.ts";
import { defineEvent, defineRequest } from "./subject.ts";

export type CanaryKey<S extends DomainService = DomainService> = `canary${Capitalize<S>}`;

/** The key of the gateway's configuration, `canaryBilling`, under which the addresses of a service's canary are. */
export function canaryKey<S extends DomainService>(service: S): CanaryKey<S> {
  return `canary${service.charAt(0).toUpperCase()}${service.slice(1)}` as CanaryKey<S>;
}

const Service = literals(domainServices);
/** Of a hundred members, how many the canary serves. */
const Weight = Type.Integer({ minimum: 0, maximum: 100 });
const By = Type.String({ minLength: 1, maxLength: 120 });
/** Of which kind who asks is, and their name: the audit trail tells an operator from a gateway by it. */
const Asker = Type.String({ pattern: "^(operator|gateway) \\S.*$", maxLength: 120 });
const Reason = Type.String({ minLength: 1, maxLength: 300 });

/** How the traffic of a service is split. */
export const CanarySplit = strict({
  service: Service,
  /** Each change has a greater one. */
  version: Type.Integer({ minimum: 1 }),
  weight: Weight,
  changedAt: Timestamp,
  changedBy: By,
  reason: nullable(Reason),
});
export type CanarySplit = Static<typeof CanarySplit>;

export const CanaryChanged = defineEvent({
  subject: "events.auth.canary.changed",
  payload: CanarySplit,
  members: () => [],
});

export const ListCanaries = defineRequest({
  subject: "auth.v1.canary.list",
  request: strict({}),
  reply: strict({ splits: Type.Array(CanarySplit, { maxItems: 16 }) }),
  timeoutMs: 2_000,
  idempotent: true,
});

/** With `ifVersion`, only if nobody has changed it since: a rollback is of the split that was judged. */
export const SetCanary = defineRequest({
  subject: "auth.v1.canary.set",
  request: strict({
    service: Service,
    weight: Weight,
    by: Asker,
    reason: Type.Optional(Reason),
    ifVersion: Type.Optional(Type.Integer({ minimum: 0 })),
  }),
  reply: CanarySplit,
  timeoutMs: 3_000,
  idempotent: true,
});

import { Type, type Static } from "typebox";
import { AccountStatus, Role } from "./member.ts";
import { SessionItem, Email } from "./auth.ts";
import { literals, nullable, page, strict, Timestamp, Uuid } from "./schema.ts";

/** Why staff restricts an account; each has a sentence that the member can read, in all languages. */
export const restrictionReasons = [
  "underage",
  "fake_profile",
  "scam",
  "harassment",
  "sexual_content",
  "harm_to_minors",
  "spam",
  "payment_fraud",
  "other",
] as const;
export const RestrictionReason = literals(restrictionReasons);
export type RestrictionReason = Static<typeof RestrictionReason>;

const Words = Type.String({ minLength: 1, maxLength: 2_000 });
const AppealOutcome = literals(["upheld", "overturned"]);

/** What holds a member back, why, until when, and what has become of their appeal. */
export const Restriction = strict({
  id: Uuid,
  kind: literals(["suspended", "banned"]),
  reason: RestrictionReason,
  /** In the member's language. */
  explanation: Type.String({ maxLength: 1_000 }),
  /** Of whoever decided, about this case. */
  statement: nullable(Words),
  madeAt: Timestamp,
  /** Of a suspension: then it ends by itself. */
  until: nullable(Timestamp),
  mayAppeal: Type.Boolean(),
  appeal: nullable(
    strict({
      madeAt: Timestamp,
      decision: nullable(strict({ outcome: AppealOutcome, reason: Words, decidedAt: Timestamp })),
    }),
  ),
});
export type Restriction = Static<typeof Restriction>;

export const AppealRequest = strict({ text: Words });

export const StandingChange = Type.Union([
  strict({
    action: Type.Literal("suspend"),
    reason: RestrictionReason,
    statement: Type.Optional(Words),
    until: Timestamp,
  }),
  strict({ action: Type.Literal("ban"), reason: RestrictionReason, statement: Type.Optional(Words) }),
  strict({ action: Type.Literal("lift"), comment: Words }),
]);
export type StandingChange = Static<typeof StandingChange>;

export const MemberParams = strict({ id: Uuid });
export const MemberSessionParams = strict({ id: Uuid, sessionId: Uuid });
export const AppealParams = strict({ id: Uuid });

/** A restriction as staff sees it. */
const MadeRestriction = strict({
  id: Uuid,
  kind: literals(["suspended", "banned"]),
  reason: RestrictionReason,
  statement: nullable(Words),
  madeAt: Timestamp,
  until: nullable(Timestamp),
  endedAt: nullable(Timestamp),
  ending: nullable(literals(["expired", "lifted", "replaced", "appeal"])),
});

export const StaffMember = strict({
  id: Uuid,
  email: Email,
  status: AccountStatus,
  roles: Type.Array(Role, { maxItems: 3 }),
  locale: Type.String({ maxLength: 35 }),
  createdAt: Timestamp,
  erasesAt: nullable(Timestamp),
  restrictions: Type.Array(MadeRestriction, { maxItems: 100 }),
});
export type StaffMember = Static<typeof StaffMember>;

export const RolesRequest = strict({ roles: Type.Array(Role, { maxItems: 3, uniqueItems: true }) });

export const StaffSessionList = page(
  strict({
    id: Uuid,
    place: SessionItem.properties.place,
    methods: SessionItem.properties.methods,
    createdAt: Timestamp,
    lastSeenAt: Timestamp,
  }),
);

export const AppealItem = strict({
  id: Uuid,
  memberId: Uuid,
  text: Words,
  madeAt: Timestamp,
  restriction: MadeRestriction,
  /** Whether who asks has decided it, or what it took the place of, and so can't hear the appeal. */
  ownDecision: Type.Boolean(),
});
export type AppealItem = Static<typeof AppealItem>;
export const AppealList = page(AppealItem);
export type AppealList = Static<typeof AppealList>;
export const AppealDecision = strict({ outcome: AppealOutcome, reason: Words });
export type AppealDecision = Static<typeof AppealDecision>;

/** A row of the audit trail. People are pseudonyms in it; only staff and the member who was asked for are named. */
export const AuditItem = strict({
  seq: Type.Integer({ minimum: 1 }),
  action: Type.String({ maxLength: 100 }),
  outcome: Type.String({ maxLength: 20 }),
  actorKind: Type.String({ maxLength: 20 }),
  actor: nullable(Type.String({ maxLength: 100 })),
  subject: nullable(Type.String({ maxLength: 100 })),
  network: nullable(Type.String({ maxLength: 64 })),
  requestId: Type.String({ maxLength: 64 }),
  details: Type.String({ maxLength: 2_000 }),
  occurredAt: Timestamp,
});
export type AuditItem = Static<typeof AuditItem>;
export const AuditQuery = strict({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
  /** The `seq` of the last row that was seen: rows come newest first. */
  before: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
});
export const AuditList = page(AuditItem);

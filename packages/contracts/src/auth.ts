import { Type, type Static } from "typebox";
import { AccountStatus, Jwk } from "./member.ts";
import { Day, nullable, strict, Timestamp, Uuid } from "./schema.ts";
import { defineEvent, defineRequest } from "./subject.ts";

/** Emitted when an account is verified for the first time, and whenever its status changes after that. */
export const AccountChanged = defineEvent({
  subject: "events.auth.account.changed",
  payload: strict({
    memberId: Uuid,
    version: Type.Integer({ minimum: 1 }),
    status: AccountStatus,
    changedAt: Timestamp,
  }),
});

/** A session that ended before its time; null means every session of the member begun before `revokedAt`. */
export const SessionRevoked = defineEvent({
  subject: "events.auth.session.revoked",
  payload: strict({ memberId: Uuid, sessionId: nullable(Uuid), revokedAt: Timestamp }),
});

export const Account = strict({
  memberId: Uuid,
  status: AccountStatus,
  birthDate: Day,
  locale: Type.String({ maxLength: 35 }),
  createdAt: Timestamp,
});
export type Account = Static<typeof Account>;

export const GetAccount = defineRequest({
  subject: "auth.v1.account.get",
  request: strict({ memberId: Uuid }),
  reply: Account,
  timeoutMs: 2_000,
  idempotent: true,
});

export const GetJwks = defineRequest({
  subject: "auth.v1.jwks.get",
  request: strict({}),
  reply: strict({ keys: Type.Array(Jwk, { maxItems: 16 }) }),
  timeoutMs: 2_000,
  idempotent: true,
});

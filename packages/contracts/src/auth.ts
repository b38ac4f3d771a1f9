import { Type, type Static } from "typebox";
import { AccountStatus, Jwk, Role } from "./member.ts";
import { Day, nullable, page, strict, Timestamp, Uuid } from "./schema.ts";
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

/** RFC 7517. */
export const Jwks = strict({ keys: Type.Array(Jwk, { maxItems: 16 }) });

export const GetJwks = defineRequest({
  subject: "auth.v1.jwks.get",
  request: strict({}),
  reply: Jwks,
  timeoutMs: 2_000,
  idempotent: true,
});

/** The longest address that mail can be sent to has 254 characters (RFC 5321, 4.5.3.1.3, without its brackets). */
export const Email = Type.String({
  minLength: 6,
  maxLength: 254,
  pattern:
    '^[^\\s@<>"(),:;\\\\\\[\\]\\u0000-\\u001f]{1,64}@[^\\s@<>"(),:;\\\\\\[\\]\\u0000-\\u001f]+\\.[^\\s@<>"(),:;.\\\\\\[\\]\\u0000-\\u001f]{2,63}$',
});

/** A new one is held to more than its length: see auth's rules of passwords. */
export const Password = Type.String({ minLength: 10, maxLength: 128 });
/** One that is checked only: what nobody can have set is wrong, not malformed. */
const PresentedPassword = Type.String({ minLength: 1, maxLength: 128 });

export const SignupRequest = strict({
  email: Email,
  password: Password,
  birthDate: Day,
  /** BCP 47. */
  locale: Type.Optional(Type.String({ pattern: "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$", maxLength: 35 })),
  acceptedTermsVersion: Type.String({ minLength: 1, maxLength: 32, pattern: "^[A-Za-z0-9._-]+$" }),
});
export type SignupRequest = Static<typeof SignupRequest>;

export const VerificationSent = strict({ status: Type.Literal("verification_sent") });

export const EmailRequest = strict({ email: Email });

export const VerifyEmailRequest = strict({
  email: Email,
  code: Type.String({ pattern: "^[0-9]{6}$", maxLength: 6 }),
});

export const LoginRequest = strict({
  email: Email,
  password: PresentedPassword,
  device: Type.Optional(strict({ name: Type.String({ minLength: 1, maxLength: 64 }) })),
});

export const RefreshRequest = strict({ refreshToken: Type.String({ minLength: 1, maxLength: 512 }) });

export const ResetPasswordRequest = strict({
  token: Type.String({ minLength: 1, maxLength: 128 }),
  password: Password,
});

export const ChangePasswordRequest = strict({ currentPassword: PresentedPassword, newPassword: Password });

export const Session = strict({
  accessToken: Type.String({ maxLength: 4_096 }),
  refreshToken: Type.String({ maxLength: 512 }),
  tokenType: Type.Literal("Bearer"),
  /** Of the access token. */
  expiresInSeconds: Type.Integer({ minimum: 1 }),
  memberId: Uuid,
  sessionId: Uuid,
});
export type Session = Static<typeof Session>;

/** A device that is signed in. */
export const SessionItem = strict({
  id: Uuid,
  deviceName: nullable(Type.String({ maxLength: 64 })),
  createdAt: Timestamp,
  lastSeenAt: Timestamp,
  current: Type.Boolean(),
});
export const SessionList = page(SessionItem);

export const OwnAccount = strict({
  id: Uuid,
  email: Email,
  emailVerified: Type.Boolean(),
  status: AccountStatus,
  roles: Type.Array(Role, { maxItems: 3 }),
  createdAt: Timestamp,
  /** Only of an account that is being deleted. */
  erasesAt: Type.Optional(Timestamp),
});
export type OwnAccount = Static<typeof OwnAccount>;

export const Deletion = strict({ erasesAt: Timestamp });

import { Type, type Static } from "typebox";
import { Jurisdiction } from "./age.ts";
import { AccountStatus, Jwk, Role } from "./member.ts";
import { Day, LanguageTag, literals, nullable, page, strict, Timestamp, Uuid } from "./schema.ts";
import { defineEvent, defineRequest } from "./subject.ts";
import { PasskeyAssertion } from "./webauthn.ts";

/** Emitted when an account is verified for the first time, and whenever its status changes after that. */
export const AccountChanged = defineEvent({
  subject: "events.auth.account.changed",
  payload: strict({
    memberId: Uuid,
    version: Type.Integer({ minimum: 1 }),
    status: AccountStatus,
    changedAt: Timestamp,
  }),
  members: ({ memberId }) => [memberId],
});

/** A session that ended before its time; null means every session of the member begun before `revokedAt`. */
export const SessionRevoked = defineEvent({
  subject: "events.auth.session.revoked",
  payload: strict({ memberId: Uuid, sessionId: nullable(Uuid), revokedAt: Timestamp }),
  members: ({ memberId }) => [memberId],
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

export const passwordLength = { minLength: 10, maxLength: 128 };
/** A new one is held to more than its length: see auth's rules of passwords. */
export const Password = Type.String(passwordLength);
/** One that is checked only: what nobody can have set is wrong, not malformed. */
const PresentedPassword = Type.String({ minLength: 1, maxLength: 128 });

export const SignupRequest = strict({
  email: Email,
  password: Password,
  birthDate: Day,
  locale: Type.Optional(LanguageTag),
  acceptedTermsVersion: Type.String({ minLength: 1, maxLength: 32, pattern: "^[A-Za-z0-9._-]+$" }),
  /** Where the member lives, for the law on ages there. */
  jurisdiction: Type.Optional(Jurisdiction),
});
export type SignupRequest = Static<typeof SignupRequest>;

export const VerificationSent = strict({ status: Type.Literal("verification_sent") });

export const EmailRequest = strict({ email: Email });

const Code = Type.String({ pattern: "^[0-9]{6}$", maxLength: 6 });

/** On what somebody signs in; `token` is what an earlier session gave this device, if there was one. */
export const Device = strict({
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  token: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
});

export const ChangeEmailRequest = strict({ newEmail: Email });
export const ConfirmEmailRequest = strict({ code: Code });

export const VerifyEmailRequest = strict({
  email: Email,
  code: Code,
  /** That of the sign-up. Needed where somebody else signed up with the address too; if given, it must be right. */
  password: Type.Optional(PresentedPassword),
  device: Type.Optional(Device),
});

export const LoginRequest = strict({
  email: Email,
  password: PresentedPassword,
  device: Type.Optional(Device),
});

/** How a member has shown who they are; those of a challenge are asked for after the first. */
export const challengeKinds = ["totp", "recovery_code", "email_code"] as const;
export const ChallengeKind = literals(challengeKinds);
export type ChallengeKind = Static<typeof ChallengeKind>;
export const firstProofs = ["password", "email_code", "passkey", "oidc"] as const;
export type FirstProof = (typeof firstProofs)[number];
export const SignInMethod = literals(["password", "passkey", "oidc", ...challengeKinds]);
export type SignInMethod = Static<typeof SignInMethod>;

/** One of the kinds is to be shown, at `POST /v1/auth/challenge`, before there is a session. */
export const Challenge = strict({
  challenge: strict({ id: Uuid, kinds: Type.Array(ChallengeKind, { minItems: 1, maxItems: 3 }) }),
});
export type Challenge = Static<typeof Challenge>;

export const ChallengeAnswer = strict({
  id: Uuid,
  kind: ChallengeKind,
  /** Six digits, or a recovery code. */
  code: Type.String({ minLength: 6, maxLength: 32, pattern: "^[A-Za-z0-9 -]+$" }),
});
export type ChallengeAnswer = Static<typeof ChallengeAnswer>;

export const CodeRequest = strict({ email: Email, device: Type.Optional(Device) });

export const RefreshRequest = strict({
  /** Of a native app. A browser has it in a cookie. */
  refreshToken: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
});

export const ResetPasswordRequest = strict({
  token: Type.String({ minLength: 1, maxLength: 128 }),
  password: Password,
});

export const ChangePasswordRequest = strict({ currentPassword: PresentedPassword, newPassword: Password });

export const Session = strict({
  accessToken: Type.String({ maxLength: 4_096 }),
  /** Not in a browser, where it is a cookie that no script sees. */
  refreshToken: Type.Optional(Type.String({ maxLength: 512 })),
  tokenType: Type.Literal("Bearer"),
  /** Of the access token. */
  expiresInSeconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
  memberId: Uuid,
  sessionId: Uuid,
  /** Of a device that was not known: to be kept, and given with the next sign-in as `device.token`. */
  deviceToken: Type.Optional(Type.String({ maxLength: 128 })),
  /** Only in a browser: what requests by the cookie must carry in `x-csrf-token`. */
  csrfToken: Type.Optional(Type.String({ maxLength: 64 })),
});
/** As it is opened, and as native apps get it. */
export type Session = With<"refreshToken", Omit<Static<typeof Session>, "csrfToken">>;
export type BrowserSession = With<"csrfToken", Omit<Static<typeof Session>, "refreshToken">>;
type With<Key extends keyof T, T> = T & Required<Pick<T, Key>>;

export const CsrfToken = strict({ csrfToken: Type.String({ maxLength: 64 }) });

export const SignInAnswer = Type.Union([Session, Challenge]);
export type SignInAnswer = Session | Challenge;

/** Fresh authentication, by what the refusal named as possible. */
export const StepUpRequest = Type.Union([
  strict({ kind: Type.Literal("password"), password: PresentedPassword }),
  strict({ kind: literals(["totp", "recovery_code"]), code: ChallengeAnswer.properties.code }),
  strict({ kind: Type.Literal("email_code"), id: Uuid, code: Code }),
  strict({ kind: Type.Literal("passkey"), id: Uuid, response: PasskeyAssertion }),
]);
export type StepUpRequest = Static<typeof StepUpRequest>;

/** Until when what asks for fresh authentication is open to this session. */
export const FreshUntil = strict({ freshUntil: Timestamp });

/** What a member can sign in with beside the password. */
export const Factors = strict({
  totp: nullable(strict({ confirmedAt: Timestamp })),
  recoveryCodesLeft: Type.Integer({ minimum: 0, maximum: 10 }),
});
export type Factors = Static<typeof Factors>;

/** Shown once, for the authenticator to read: the secret in base32, and the same as an address (`otpauth:`). */
export const TotpEnrolment = strict({
  secret: Type.String({ maxLength: 64 }),
  uri: Type.String({ maxLength: 1_000 }),
});
export const TotpConfirmation = strict({ code: Code });
/** Shown once: each is good once, in place of a code of the authenticator. */
export const RecoveryCodes = strict({
  recoveryCodes: Type.Array(Type.String({ maxLength: 32 }), { maxItems: 10 }),
});

/** A device that is signed in. */
export const SessionItem = strict({
  id: Uuid,
  deviceName: nullable(Type.String({ maxLength: 64 })),
  /** Where it was last seen: a country (ISO 3166-1), `local` for a private network, null where it can't be told. */
  place: nullable(Type.String({ maxLength: 8 })),
  /** By what it was signed in. */
  methods: Type.Array(SignInMethod, { maxItems: 6 }),
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

/** A signing key that was withdrawn: no token of it counts from then on. */
export const KeyRevoked = defineEvent({
  subject: "events.auth.key.revoked",
  payload: strict({ kid: Type.String({ minLength: 1, maxLength: 64 }), revokedAt: Timestamp }),
  members: () => [],
});

/** The head of auth's audit chain, told where the database's keepers can't take it back: docs/adr/audit-chain.md. */
export const AuditSealed = defineEvent({
  subject: "events.auth.audit.sealed",
  payload: strict({ seq: Type.Integer({ minimum: 1 }), digest: Type.String({ maxLength: 64 }) }),
  members: () => [],
});

/**
 * `subscription` is what became of a running one: `cancelled` for the end of its period; `running` or `unknown` if the
 * provider or billing could not be asked: it is cancelled before the member is erased, and may be charged until then.
 */
export const Deletion = strict({
  erasesAt: Timestamp,
  subscription: strict({
    status: literals(["none", "cancelled", "running", "unknown"]),
    endsAt: nullable(Timestamp),
  }),
});
export type Deletion = Static<typeof Deletion>;

/** An archive of everything about a member: `preparing`, then `ready` for a while, then `expired`; or `failed`. */
export const ExportItem = strict({
  id: Uuid,
  status: literals(["preparing", "ready", "expired", "failed"]),
  requestedAt: Timestamp,
  /** Null until it is ready. */
  byteCount: nullable(Type.Integer({ minimum: 0 })),
  expiresAt: nullable(Timestamp),
});
export type ExportItem = Static<typeof ExportItem>;
export const ExportList = page(ExportItem);

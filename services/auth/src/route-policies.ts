/** What most of auth's routes state alike; a route that differs says by what. */

/** Where somebody without a session shows a proof, or asks for one. */
export const credential = {
  auth: "public",
  limit: "credential",
  bodyLimit: 4_096,
  timeoutMs: 8_000,
  idempotent: false,
} as const;

/** Where a member shows a further proof, whatever the account's status. */
export const ownCredential = { ...credential, auth: "member", anyStatus: true } as const;

/** A member's own account, whatever its status: who is about to leave, or may not stay, can still look after it. */
export const ownReading = {
  auth: "member",
  limit: "read",
  bodyLimit: 1_024,
  timeoutMs: 3_000,
  idempotent: true,
  anyStatus: true,
} as const;
export const ownChanging = { ...ownReading, limit: "write", timeoutMs: 5_000 } as const;

/** A page for people is opened, which does nothing yet. */
export const shownPage = {
  auth: "public",
  limit: "read",
  bodyLimit: 1_024,
  timeoutMs: 3_000,
  idempotent: true,
  page: true,
} as const;

/** What staff does; which roles, each route says. */
export const staffChanging = {
  auth: "staff",
  limit: "write",
  bodyLimit: 1_024,
  timeoutMs: 5_000,
  idempotent: false,
  stepUp: true,
} as const;
export const staffReading = { ...staffChanging, limit: "read", idempotent: true, stepUp: false } as const;

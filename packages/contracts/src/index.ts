/**
 * @kismet/contracts: what the parts of Kismet say to each other, as data.
 *
 * Purpose: one schema for each body, request, event and signal, from which both the types and the validators of
 * both ends are made; the policy that each route states.
 * Invariants: every object is closed (`strict`), every string, array and number is bounded; an event or request that
 * has been released only gains optional fields.
 * May depend on: typebox, nothing else.
 */
export * from "./schema.ts";
export * from "./service-name.ts";
export * from "./route-policy.ts";
export * from "./subject.ts";
export * from "./member.ts";
export * from "./webauthn.ts";
export * from "./age.ts";
export * from "./auth.ts";
export * from "./standing.ts";
export * from "./clients.ts";
export * from "./canary.ts";
export * from "./passkeys.ts";
export * from "./oidc.ts";
export * from "./profile.ts";
export * from "./matching.ts";
export * from "./chat.ts";
export * from "./billing.ts";
export * from "./custody.ts";

import { Type, type Static } from "typebox";
import { Role } from "./member.ts";
import { literals, strict } from "./schema.ts";
import type { ServiceName } from "./service-name.ts";

export const limitClasses = [
  "credential",
  "read",
  "write",
  "discovery",
  "upload",
  "message",
  "webhook",
] as const;

const LimitClass = literals(limitClasses);
/** Which bucket of requests a route draws from; how large each is, the gateway's configuration says. */
export type LimitClass = Static<typeof LimitClass>;

/** Stated beside the schema of every route, by the service that owns it; the gateway loads the table of them all. */
export const RoutePolicy = strict({
  auth: literals(["public", "member", "staff", "webhook", "client"]),
  limit: LimitClass,
  /** Bytes. */
  bodyLimit: Type.Integer({ minimum: 1, maximum: 16 * 1_024 * 1_024 }),
  timeoutMs: Type.Integer({ minimum: 1, maximum: 30_000 }),
  /** Whether the same request may be sent again after a lost answer. */
  idempotent: Type.Boolean(),
  /** Of a route for staff: one of these is needed. */
  roles: Type.Optional(Type.Array(Role, { minItems: 1, maxItems: 3, uniqueItems: true })),
  /** A member may call it although the account is unverified or about to be deleted. */
  anyStatus: Type.Optional(Type.Boolean()),
  /**
   * A page of another site may send a browser here, by a link or a form, as OIDC providers do. Its cookies are not
   * read, and no script hears the answer.
   */
  crossSite: Type.Optional(Type.Boolean()),
  /** The session must have been authenticated a moment ago; only a service that can tell may state it. */
  stepUp: Type.Optional(Type.Boolean()),
  /** A single-use WebSocket ticket may stand in for the access token. */
  ticket: Type.Optional(Type.Boolean()),
  /** People open it in a browser: what it answers, errors included, are pages, and what it is sent are their forms. */
  page: Type.Optional(Type.Boolean()),
  /** Its answers may be compressed. They hold no secret, whose letters their sizes would tell of (BREACH). */
  compress: Type.Optional(Type.Boolean()),
  /** Clients ask again and again: an answer that they have already is not sent again. */
  poll: Type.Optional(Type.Boolean()),
  /** It reads cookies; no other route gets to see any. */
  cookie: Type.Optional(Type.Boolean()),
});
export type RoutePolicy = Static<typeof RoutePolicy>;

export type RouteTableEntry = {
  service: ServiceName;
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With parameters as `:name`. */
  path: string;
  policy: RoutePolicy;
  websocket?: boolean;
};

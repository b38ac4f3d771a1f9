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

/** Which bucket of requests a route draws from; how large each is, the gateway's configuration says. */
export type LimitClass = (typeof limitClasses)[number];

/** Stated beside the schema of every route, by the service that owns it; the gateway loads the table of them all. */
export type RoutePolicy = {
  auth: "public" | "member" | "staff" | "webhook" | "client";
  limit: LimitClass;
  /** Bytes. */
  bodyLimit: number;
  timeoutMs: number;
  /** Whether the same request may be sent again after a lost answer. */
  idempotent: boolean;
  /** A member may call it although the account is unverified or about to be deleted. */
  anyStatus?: boolean;
  /** A single-use WebSocket ticket may stand in for the access token. */
  ticket?: boolean;
};

export type RouteTableEntry = {
  service: ServiceName;
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With parameters as `:name`. */
  path: string;
  policy: RoutePolicy;
  websocket?: boolean;
};

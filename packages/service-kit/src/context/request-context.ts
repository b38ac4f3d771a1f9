import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUIDv7 } from "node:crypto";
import type { Member } from "@kismet/contracts";
import type { RegisteredClient } from "../tokens/client-keys.ts";
import { type Deadline, deadlineIn } from "./deadline.ts";
import { continueTrace, traceHeaders } from "./trace-context.ts";

/** What travels with a request through every process that works for it. */
export type RequestContext = {
  requestId: string;
  traceparent: string;
  deadline: Deadline;
  /** Of the client, as the edge told it; none where nobody called. */
  address?: string;
  /** Who sits at the shell that this is done from. */
  operator?: string;
  member?: Member;
  /** Whose API key came with it. */
  client?: RegisteredClient;
  /** The member's access token, for services that are asked on the member's behalf. */
  token?: string;
  /** It was refused because there was too much to do. */
  isShed?: boolean;
};

const storage = new AsyncLocalStorage<RequestContext>();
const requestIdPattern = /^[A-Za-z0-9_-]{8,64}$/;

export function currentContext(): RequestContext | undefined {
  return storage.getStore();
}

export function requireContext(): RequestContext {
  const context = storage.getStore();
  if (!context) throw new Error("called outside a request context");
  return context;
}

export function runWithContext<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

/** `x-request-id`, `traceparent`, `x-deadline-ms` and `authorization` of the current context; none outside one. */
export function contextHeaders(): Record<string, string> {
  const context = storage.getStore();
  if (!context) return {};
  const headers = traceHeaders(context.traceparent);
  headers["x-request-id"] = context.requestId;
  headers["x-deadline-ms"] = String(context.deadline.remainingMs());
  if (context.token) headers["authorization"] = `Bearer ${context.token}`;
  return headers;
}

/**
 * The context that a caller's headers describe, unless its request id is known already. The deadline is the nearer of the caller's and `timeoutMs`; an
 * unreadable one counts as none.
 */
export function contextFromHeaders(
  get: (name: string) => string | undefined,
  { timeoutMs, requestId }: { timeoutMs: number; requestId?: string },
): RequestContext {
  const token = bearerToken(get("authorization"));
  return {
    requestId: requestId ?? acceptRequestId(get("x-request-id")),
    traceparent: continueTrace(get("traceparent")),
    deadline: deadlineIn(Math.min(timeoutMs, parseDeadlineMs(get("x-deadline-ms")) ?? timeoutMs)),
    ...(token === undefined ? {} : { token }),
  };
}

/** A caller's request id is kept if it can do no harm in a log or a header. */
export function acceptRequestId(value: string | undefined): string {
  return value !== undefined && requestIdPattern.test(value) ? value : randomUUIDv7();
}

export function bearerToken(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^Bearer ([^\s]+)$/i.exec(header)?.[1];
}

function parseDeadlineMs(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}

import {
  createBreaker,
  currentContext,
  isTraced,
  type Parts,
  PublicError,
  readBounded,
  traceHeaders,
} from "@kismet/service-kit";
import type { CustomFetch, CustomFetchOptions } from "openid-client";
import { ProviderRefused, ProviderUnavailable } from "./oidc-errors.ts";
import type { ProviderSettings } from "./provider-settings.ts";

const timeoutMs = 4_000;
const breaker = { timeoutMs, minCalls: 5, resetMs: 2_000, maxConcurrent: 100 };
/** Of metadata, keys, or tokens: each is some kilobytes. */
const maxAnswerBytes = 256 * 1_024;

/**
 * How a provider is asked: only at the hosts that are configured for it, whatever addresses its own metadata names, and
 * never to where an answer redirects; with a deadline, a breaker and a bound on the answer.
 */
export function createProviderHttp(
  parts: Parts,
  { name, issuer, hosts }: Pick<ProviderSettings, "name" | "issuer" | "hosts">,
): CustomFetch {
  const allowed = new Set([issuer.host, ...hosts]);
  const guarded = createBreaker(parts, `oidc ${name}`, send, breaker);
  return (address, options) => {
    const url = new URL(address);
    if (!allowed.has(url.host) || url.protocol !== issuer.protocol)
      throw new ProviderRefused(new Error(`${name} names a host that is not its own`));
    return guarded.fire(url, options);
  };
}

async function send(url: URL, { method, headers, body }: CustomFetchOptions): Promise<Response> {
  const context = currentContext();
  const remainingMs = Math.min(timeoutMs, context?.deadline.remainingMs() ?? timeoutMs);
  try {
    const answer = await fetch(url, {
      method,
      headers: {
        ...headers,
        ...(context ? { "x-request-id": context.requestId } : {}),
        // The instrumentation adds its own otherwise.
        ...(context && !isTraced() ? traceHeaders(context.traceparent) : {}),
      },
      ...(body === undefined ? {} : { body: body as NonNullable<RequestInit["body"]> }),
      redirect: "manual",
      signal: AbortSignal.timeout(remainingMs),
    });
    if (answer.status >= 500 || (answer.status >= 300 && answer.status < 400))
      throw new Error(`it answers ${answer.status}`);
    const whole = await readBounded(answer.body, maxAnswerBytes);
    return new Response(whole, { status: answer.status, headers: answer.headers });
  } catch (error) {
    throw new ProviderUnavailable(error);
  }
}

/** What is told of a failure: that the provider is away, or that what it says can't be used. */
export function asProviderError(error: unknown): PublicError {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof ProviderRefused || each instanceof ProviderUnavailable) return each;
    // A breaker that is open, a deadline that is over.
    if (each instanceof PublicError) return new ProviderUnavailable(each);
  }
  return new ProviderRefused(error);
}

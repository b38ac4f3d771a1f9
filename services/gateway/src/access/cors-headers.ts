export const exposedHeaders = ["x-request-id", "retry-after", "ratelimit", "ratelimit-policy", "etag"];
const exposed = exposedHeaders.join(", ");

/** What a page of a listed origin needs to read an answer; preflights are `@fastify/cors`'. */
export function corsHeaders(origin: string | undefined, listed: ReadonlySet<string>): Record<string, string> {
  const vary = { vary: "Origin" };
  if (origin === undefined || !listed.has(origin)) return vary;
  return {
    ...vary,
    "access-control-allow-origin": origin,
    "access-control-allow-credentials": "true",
    "access-control-expose-headers": exposed,
  };
}

/** What a piece of code is there for, by where it is. The first that fits counts. */
const policies: readonly [name: string, place: RegExp][] = [
  [
    "token, session alive, account active",
    /\/tokens\/|authentication\.ts|@fastify\/jwt|fast-jwt|\/access-control/,
  ],
  ["rate limits by address, client and member", /\/limits\/|@fastify\/rate-limit|ioredis/],
  ["origin and CORS", /check-origin|decide-origin|@fastify\/cors/],
  ["form of the request", /refuse-odd-requests|decide-form/],
  ["registered clients", /identify-clients|client-register/],
  ["request id, trace, deadline", /\/context\/|\/tracing\/|@opentelemetry/],
  ["security headers", /security-headers|helmet/],
  ["load shedding", /\/shedding\//],
  ["canary", /\/canary\//],
  ["breaker", /\/resilience\/|opossum/],
  ["access log", /access-log|\/logging\/|pino|sonic-boom/],
  ["metrics", /http-metrics|prom-client/],
  ["forwarding", /\/proxy\/|\/undici\//],
];
const rest = "fastify and Node's http";

/** Of what a stack is at work, from its innermost frame outwards: what a policy calls is done for the policy. */
export function policyOf(urls: Iterable<string>): string {
  for (const url of urls) {
    const found = policies.find(([, place]) => place.test(url));
    if (found) return found[0];
  }
  return rest;
}

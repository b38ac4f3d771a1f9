import type { RoutePolicy, RouteTableEntry } from "@kismet/contracts";
import type { OpenApiDocument } from "./collect-services.ts";

type Operation = OpenApiDocument["paths"][string][string];
type Response = {
  description?: string;
  headers?: Record<string, unknown>;
  content?: Record<string, unknown>;
};

/** Any request may be answered so, whatever its route: by the gateway, or by the kit on behalf of the service. */
const everywhere = {
  400: "The request is not what the address accepts",
  401: "A credential is missing or not good",
  403: "Not from here, not by this member, or not in this state",
  404: "Nothing is there, or it is somebody else's",
  405: "The address does not answer to this method",
  408: "The request did not arrive in time",
  413: "The body is too large",
  415: "The body is of another type, or compressed",
  429: "Too many requests",
  431: "The headers are too large",
  500: "A fault of ours",
  503: "A part of the system is away, or has too much to do",
  504: "It took longer than it may",
} as const;

const header = (name: string) => ({ $ref: `#/components/headers/${name}` });
const ofAll = {
  "X-Request-Id": header("RequestId"),
  "Access-Control-Allow-Origin": header("Access-Control-Allow-Origin"),
};
const counted = { ...ofAll, RateLimit: header("RateLimit"), "RateLimit-Policy": header("RateLimitPolicy") };

export const sharedHeaders = {
  RequestId: {
    description: "The id of the request: a client's own if it is well formed, else a new one",
    schema: { type: "string", pattern: "^[A-Za-z0-9_-]{8,64}$", maxLength: 64 },
  },
  "Access-Control-Allow-Origin": {
    description: "The origin of the request if it is a listed one; no other gets any",
    schema: { type: "string", pattern: "^https?://[^/]+$", maxLength: 300 },
  },
  RateLimit: {
    description: "What is left, and when there is more again (draft-ietf-httpapi-ratelimit-headers)",
    schema: { type: "string", pattern: "^[\\x20-\\x7e]*$", maxLength: 500 },
  },
  RateLimitPolicy: {
    description: "The limits that were applied (draft-ietf-httpapi-ratelimit-headers)",
    schema: { type: "string", pattern: "^[\\x20-\\x7e]*$", maxLength: 500 },
  },
  RetryAfter: {
    description: "Seconds to wait",
    schema: { type: "integer", format: "int32", minimum: 0, maximum: 100_000 },
  },
};

export const sharedResponses: Record<string, Response> = {
  Problem: problem("Anything else that went wrong"),
  ...Object.fromEntries(
    Object.entries(everywhere).map(([status, text]) => [`Problem${status}`, problem(text, status)]),
  ),
};

const reference = (name: string) => ({ $ref: `#/components/responses/${name}` });
const statusOf = (name: string) => name.slice("Problem".length) || "default";

/** Says of an operation what is so by its policy and what is so of all of them. */
export function completeOperation(operation: Operation, { policy }: RouteTableEntry): Operation {
  const { default: fallback, ...declared } = (operation.responses ?? {}) as Record<string, Response>;
  const page = fallback?.content?.["text/html"];
  const own = Object.entries(declared).map(([status, response]) => [status, completeResponse(response)]);
  const failures = Object.keys(sharedResponses).map((name) => [
    statusOf(name),
    page ? alsoAsPage(sharedResponses[name], page) : reference(name),
  ]);
  return {
    ...operation,
    description: describe(policy),
    responses: { ...Object.fromEntries(failures), ...Object.fromEntries(own) },
  } as Operation;
}

function completeResponse(response: Response): Response {
  const description = response.description === "Default Response" ? undefined : response.description;
  return { ...response, description: description ?? "Done", headers: { ...counted, ...response.headers } };
}

/** What people open fails with a page where the service itself says no, and with a problem before that. */
function alsoAsPage(response: Response | undefined, page: unknown): Response {
  return { ...response, content: { ...response?.content, "text/html": page } };
}

function problem(description: string, status = ""): Response {
  const isLimit = status === "429" || status === "503";
  const headers = isLimit ? { ...counted, "Retry-After": header("RetryAfter") } : counted;
  return {
    description,
    headers,
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  };
}

const callers: Record<RoutePolicy["auth"], string> = {
  public: "For everybody.",
  member: "For members",
  staff: "For members with a role",
  webhook: "For servers that sign what they send.",
  client: "For registered clients, by API key.",
};

function describe({ auth, anyStatus, ticket, cookie, idempotent, limit }: RoutePolicy): string {
  const whoseAccount =
    anyStatus === true ? ", whatever the state of their account." : " whose account is active.";
  return [
    auth === "member" || auth === "staff" ? callers[auth] + whoseAccount : callers[auth],
    ...(ticket === true ? ["A ticket may stand in for the access token."] : []),
    ...(cookie === true ? ["A browser may bring its session as a cookie; see `x-csrf-token`."] : []),
    idempotent ? "The same request may be sent again." : "Sending it again does it again.",
    `Limit: \`${limit}\`.`,
  ].join(" ");
}

/** Bounds and formats of numbers that follow from the schema, for generators of clients that can't do without. */
export function completeSchemas(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(completeSchemas);
  if (typeof node !== "object" || node === null) return node;
  const completed = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, completeSchemas(value)]),
  );
  if (completed["type"] !== "integer" || completed["format"] !== undefined) return completed;
  const maximum = (completed["maximum"] ?? Number.MAX_SAFE_INTEGER) as number;
  const minimum = (completed["minimum"] ?? Number.MIN_SAFE_INTEGER) as number;
  const isSmall = maximum < 2 ** 31 && minimum >= -(2 ** 31);
  return { ...completed, minimum, maximum, format: isSmall ? "int32" : "int64" };
}

import { Problem, RoutePolicy, type RouteTableEntry, strict } from "@kismet/contracts";
import type { RouteOptions } from "fastify";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { faultOf } from "../errors/schema-fault.ts";
import { unboundedPlaces } from "./schema-bounds.ts";

const methods = new Set(["GET", "POST", "PUT", "PATCH", "DELETE"]);

/** A route that lacks what every route must have. Thrown while the app is built, so that it can't start. */
export class RouteRefused extends Error {
  constructor(route: string, faults: string[]) {
    super(
      `${route} does not register (CONTRIBUTING.md, "Add a route"):\n${faults.map((fault) => `  ${fault}`).join("\n")}`,
    );
    this.name = "RouteRefused";
  }
}

/** What an app can do for routes that ask for it. */
export type RouteGuards = { canStepUp: boolean; canKnowClients: boolean; canRecordStaff: boolean };

type RouteSchema = {
  params?: unknown;
  querystring?: unknown;
  body?: unknown;
  headers?: unknown;
  response?: unknown;
};

/**
 * Holds a route to the rules, and completes it: without a query schema no query field is accepted, every error is a
 * `Problem`, the body limit is the policy's.
 */
export function enforceRouteRules(
  route: RouteOptions,
  { canStepUp = false, canKnowClients = false, canRecordStaff = false }: Partial<RouteGuards> = {},
): void {
  const name = `${String(route.method)} ${route.url}`;
  const schema = (route.schema ?? {}) as RouteSchema;
  const { policy, membersIn } = (route.config ?? {}) as { policy?: RoutePolicy; membersIn?: unknown };
  const faults: string[] = [];
  if (!methods.has(String(route.method))) faults.push("has a method that the route table does not know");
  faults.push(...policyFaults(policy));
  if (policy?.crossSite === true && (policy.auth !== "public" || policy.cookie === true))
    faults.push(
      "may be called from other sites (config.policy.crossSite), but reads a cookie or asks for somebody",
    );
  if (policy?.stepUp === true) faults.push(...stepUpFaults(policy, canStepUp));
  if (policy?.auth === "staff") faults.push(...staffFaults(policy, canRecordStaff));
  faults.push(...shownFaults(policy?.auth, membersIn, schema.response));
  if (policy?.auth === "client" && !canKnowClients)
    faults.push("asks for a client, and the service has no register of them");
  if (policy?.compress === true) faults.push(...compressFaults(policy, schema.response));
  if (policy?.poll === true && route.method !== "GET")
    faults.push("is polled (config.policy.poll), and no GET");
  if (!route.schema || !("summary" in route.schema)) faults.push("has no summary (schema.summary)");
  if (!schema.response && !isWebsocket(route)) faults.push("has no response schemas (schema.response)");
  if (/[:*]/.test(route.url) && !schema.params)
    faults.push("has parameters in its address but no schema of them");
  for (const part of ["params", "querystring", "body", "headers"] as const) {
    if (schema[part] !== undefined) faults.push(...unboundedPlaces(schema[part], part));
  }
  for (const [status, response] of Object.entries((schema.response ?? {}) as Record<string, unknown>)) {
    faults.push(...unboundedPlaces(contentSchema(response), `response ${status}`));
  }
  if (faults.length > 0 || !policy) throw new RouteRefused(name, faults);
  route.bodyLimit = policy.bodyLimit;
  route.schema = completed(schema, policy, isWebsocket(route));
}

/** The type check would find them too, but nothing makes who starts a service run it: a wrong `auth` asked for nobody. */
function policyFaults(policy: RoutePolicy | undefined): string[] {
  if (!policy) return ["has no policy (config.policy)"];
  return Value.Errors(RoutePolicy, policy)
    .filter(({ keyword }) => keyword !== "boolean")
    .map((error) => `config.policy${error.instancePath.replace("/", ".")} ${faultOf(error)}`);
}

/** Said and not enforced would be worse than not said. */
function stepUpFaults({ auth, ticket }: RoutePolicy, canStepUp: boolean): string[] {
  const ofMember = (auth === "member" || auth === "staff") && ticket !== true;
  return [
    ...(canStepUp
      ? []
      : ["asks for fresh authentication (config.policy.stepUp), which this service can't tell"]),
    ...(ofMember ? [] : ["asks for fresh authentication (config.policy.stepUp) of nobody"]),
  ];
}

/** Whoever may see everything is seen. */
function staffFaults({ roles }: RoutePolicy, canRecordStaff: boolean): string[] {
  return [
    ...(roles ? [] : ["does not say which roles of staff may call it (config.policy.roles)"]),
    ...(canRecordStaff ? [] : ["is for staff, and the service does not record what staff does"]),
  ];
}

/** Of one member the address says who it is. */
function shownFaults(auth: RoutePolicy["auth"] | undefined, membersIn: unknown, response: unknown): string[] {
  if (auth !== "staff")
    return membersIn === undefined ? [] : ["says whom it shows (config.membersIn), and is not for staff"];
  const names = namesIn(response);
  const isOfMembers = names.includes("items") && names.includes("memberId");
  return isOfMembers && membersIn === undefined
    ? ["is a list for staff that does not say which members it shows (config.membersIn)"]
    : [];
}

export function routeTableEntry(service: RouteTableEntry["service"], route: RouteOptions): RouteTableEntry {
  const { policy } = route.config as { policy: RoutePolicy };
  return {
    service,
    method: route.method as RouteTableEntry["method"],
    path: route.url,
    policy,
    ...(isWebsocket(route) ? { websocket: true } : {}),
  };
}

export function isWebsocket(route: RouteOptions): boolean {
  const { websocket, wsHandler } = route as { websocket?: boolean; wsHandler?: unknown };
  return websocket === true || wsHandler !== undefined;
}

const formType = "application/x-www-form-urlencoded";
/** Larger than any page is. */
const Page = Type.String({ maxLength: 65_536 });
/** In the schema of a route that answers a page. */
export const pageAnswer = (description = "A page") => ({
  description,
  content: { "text/html": { schema: Page } },
});
const errorPage = pageAnswer("A page that says what went wrong");
const problem = {
  description: "A problem (RFC 9457)",
  content: { "application/problem+json": { schema: Problem } },
};

function completed(schema: RouteSchema, policy: RoutePolicy, websocket: boolean): object {
  const response = (schema.response ?? {}) as Record<string, unknown>;
  return {
    ...schema,
    querystring: schema.querystring ?? strict({}),
    security: securityOf(policy),
    ...(policy.page === true ? { consumes: [formType] } : {}),
    response: websocket
      ? response
      : {
          ...response,
          default: response["default"] ?? (policy.page === true ? errorPage : problem),
        },
  };
}

/** By their names; a signed address is a secret too. */
const secretName = /token|secret|ticket|password|code$|key$|^url|url$|urls$/i;

/** Beside what others can put into an answer, its size tells of the secrets in it, letter by letter (BREACH). */
function compressFaults({ auth, limit, page, cookie }: RoutePolicy, response: unknown): string[] {
  const secrets = new Set(namesIn(response).filter((name) => secretName.test(name)));
  const isOpen = page !== true && cookie !== true && limit !== "credential" && auth !== "staff";
  return [
    ...(isOpen ? [] : ["may not be compressed (config.policy.compress) for what it is about"]),
    ...[...secrets].map((name) => `may not be compressed (config.policy.compress): it answers "${name}"`),
  ];
}

function namesIn(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { properties } = schema as { properties?: Record<string, unknown> };
  const own = properties && typeof properties === "object" ? Object.keys(properties) : [];
  return [...own, ...Object.values(schema).flatMap(namesIn)];
}

function securityOf({ auth }: RoutePolicy): object[] {
  if (auth === "public" || auth === "webhook") return [];
  if (auth === "staff") return [{ staffToken: [] }];
  return [auth === "client" ? { apiKey: [] } : { accessToken: [] }];
}

/** A response may name its content types; JSON is what has a schema. */
function contentSchema(response: unknown): unknown {
  const { content } = response as { content?: Record<string, { schema?: unknown }> };
  return content ? (Object.values(content)[0]?.schema ?? response) : response;
}

import { Problem } from "@kismet/contracts";
import type { CollectedService, OpenApiDocument } from "./collect-services.ts";
import { completeOperation, completeSchemas, sharedHeaders, sharedResponses } from "./complete-operation.ts";

const description =
  "The interface of Kismet as clients see it at the gateway. Errors are problem details (RFC 9457) with a stable `code`.";

const tagDescriptions: Record<string, string> = {
  auth: "Accounts, sessions and keys",
  billing: "What is sold, and what a member has",
  chat: "Conversations and messages",
  matching: "Decks, swipes and matches",
  profile: "What members show of themselves, and to whom",
  staff: "What moderators, support and administrators do, each use on record",
};

/** One document of all services' routes; an address that two of them claim is an error. */
export function mergeDocuments(services: readonly CollectedService[]): OpenApiDocument {
  const paths: OpenApiDocument["paths"] = {};
  const schemas: Record<string, unknown> = {};
  const securitySchemes: Record<string, unknown> = {};
  for (const { name, document, routes } of services) {
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const known = (paths[path] ??= {});
        if (known[method])
          throw new Error(`${method.toUpperCase()} ${path} is declared twice, by ${name} too`);
        const entry = routes.find(
          (route) => route.method.toLowerCase() === method && documented(route.path) === path,
        );
        if (!entry) throw new Error(`${method.toUpperCase()} ${path} is documented, and no route of ${name}`);
        known[method] = completeOperation({ operationId: operationId(method, path), ...operation }, entry);
      }
    }
    Object.assign(schemas, document.components?.schemas);
    Object.assign(securitySchemes, document.components?.securitySchemes);
  }
  return completeSchemas({
    openapi: "3.1.0",
    info: { title: "Kismet", version: "1.0.0", description, contact: { name: "The maintainers of Kismet" } },
    servers: [
      { url: "/", description: "Production, or whichever gateway serves this document", "x-internal": false },
    ],
    tags: [...services.map(({ name }) => name), "staff"].map((name) => ({
      name,
      description: tagDescriptions[name] ?? name,
    })),
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      responses: sharedResponses,
      schemas: { ...schemas, Problem },
      headers: sharedHeaders,
      securitySchemes,
    },
  }) as OpenApiDocument;
}

/** The address as OpenAPI writes it. */
function documented(path: string): string {
  return path.replaceAll(/:([A-Za-z]+)/g, "{$1}");
}

/** `GET /v1/profiles/{memberId}` is `getProfilesByMemberId`; what people open, `GET /auth/verify-email`, is `getAuthVerifyEmailPage`. */
function operationId(method: string, path: string): string {
  const words = path
    .replace(/^\/v1/, "")
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => `by ${name}`)
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "");
  const name = method + words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join("");
  return /^\/(v1|\.well-known)\//.test(path) ? name : `${name}Page`;
}

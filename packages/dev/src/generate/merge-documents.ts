import type { CollectedService, OpenApiDocument } from "./collect-services.ts";

type Operation = OpenApiDocument["paths"][string][string];

const description =
  "The interface of Kismet as clients see it at the gateway. Errors are problem details (RFC 9457) with a stable `code`.";

/** One document of all services' routes; an address that two of them claim is an error. */
export function mergeDocuments(services: readonly CollectedService[]): OpenApiDocument {
  const paths: OpenApiDocument["paths"] = {};
  const schemas: Record<string, unknown> = {};
  let problem: unknown;
  for (const { name, document } of services) {
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const known = (paths[path] ??= {});
        if (known[method])
          throw new Error(`${method.toUpperCase()} ${path} is declared twice, by ${name} too`);
        known[method] = {
          operationId: operationId(method, path),
          ...operation,
          responses: responses(operation),
        };
      }
    }
    Object.assign(schemas, document.components?.schemas);
    problem ??= problemOf(document);
  }
  return {
    openapi: "3.1.0",
    info: { title: "Kismet", version: "1.0.0", description },
    servers: [{ url: "/" }],
    tags: services.map(({ name }) => ({ name })),
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      schemas,
      responses: { Problem: problem },
      securitySchemes: { accessToken: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
    },
  } as OpenApiDocument;
}

/** Every operation ends in the same problem if it does not end well, said once; those for people end in a page. */
function responses(operation: Operation): Record<string, unknown> {
  if (isPage(operation.responses?.["default"])) return { ...operation.responses };
  return { ...operation.responses, default: { $ref: "#/components/responses/Problem" } };
}

function problemOf({ paths }: OpenApiDocument): unknown {
  const operations = Object.values(paths).flatMap((each) => Object.values(each));
  return operations
    .map((operation) => operation.responses?.["default"])
    .find((response) => response !== undefined && !isPage(response));
}

function isPage(response: unknown): boolean {
  const { content = {} } = (response ?? {}) as { content?: Record<string, unknown> };
  return "text/html" in content;
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

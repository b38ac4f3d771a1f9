import fastifySwagger from "@fastify/swagger";
import { apiKeyHeader } from "@kismet/contracts";
import type { FastifyInstance } from "fastify";

const token = { type: "http", scheme: "bearer", bearerFormat: "JWT" } as const;
const securitySchemes = {
  accessToken: { ...token, description: "An access token of a member: EdDSA, ten minutes, held to RFC8725." },
  staffToken: { ...token, description: "An access token of a member with a role, held to RFC8725." },
  apiKey: {
    type: "apiKey",
    in: "header",
    name: apiKeyHeader,
    description: "The key of a registered client.",
  },
} as const;

/** Collects the routes of one service as OpenAPI 3.1; the gateway serves those of all, merged. */
export function describeRoutes(app: FastifyInstance, service: string): void {
  // Called, not registered: routes are declared right after, and a registered plugin would only see those declared
  // once the app is being made ready.
  fastifySwagger(
    app,
    {
      openapi: {
        openapi: "3.1.0",
        info: { title: `Kismet ${service}`, version: "1.0.0" },
        components: { securitySchemes },
      },
      convertConstToEnum: false,
      transform: ({ schema, url }) => ({ schema: { tags: [service], ...schema }, url }),
    },
    (error) => {
      if (error) throw error;
    },
  );
}

/** Lets `app.swagger()`, and what shows it, give a document that was made elsewhere. */
export async function publishDocument(app: FastifyInstance, document: object): Promise<void> {
  await app.register(fastifySwagger, { mode: "static", specification: { document: document as never } });
}

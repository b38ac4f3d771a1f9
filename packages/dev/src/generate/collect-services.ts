import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { domainServices, type RouteTableEntry, type ServiceName, serviceNames } from "@kismet/contracts";
import { type App, createParts, loadConfig, type Parts } from "@kismet/service-kit";
import { serviceEnvironment } from "../service-environment.ts";

export type OpenApiDocument = {
  openapi: string;
  info: { title: string; version: string; description?: string };
  paths: Record<string, Record<string, { operationId?: string; responses?: Record<string, unknown> }>>;
  components?: { schemas?: Record<string, unknown>; securitySchemes?: Record<string, unknown> };
};

export type CollectedService = { name: ServiceName; routes: RouteTableEntry[]; document: OpenApiDocument };

const servicesFolder = new URL("../../../../services/", import.meta.url);

/** Builds each service without starting it: nothing connects, and its routes say all about themselves. */
export async function collectServices(): Promise<CollectedService[]> {
  const isNamed = (folder: string) => serviceNames.some((name) => name === folder);
  const nameless = readdirSync(servicesFolder).find(
    (folder) => !isNamed(folder) && existsSync(new URL(`${folder}/package.json`, servicesFolder)),
  );
  if (nameless !== undefined)
    throw new Error(`services/${nameless} is not named in packages/contracts/src/service-name.ts`);
  return Promise.all(
    [...domainServices].sort().map((name) =>
      collect(name).catch((error: unknown) => {
        throw new Error(`services/${name} can't be built: ${(error as Error).message}`, { cause: error });
      }),
    ),
  );
}

async function collect(name: ServiceName): Promise<CollectedService> {
  const { Config } = (await importFrom(name, "config")) as { Config: Parameters<typeof loadConfig>[0] };
  const { buildApp } = (await importFrom(name, "app")) as { buildApp: (parts: Parts) => Promise<App> };
  const parts = createParts(name, loadConfig(Config, placeholderEnvironment(name)));
  const app = await buildApp(parts);
  await app.ready();
  const collected = {
    name,
    routes: [...app.routeTable],
    document: app.swagger() as unknown as OpenApiDocument,
  };
  await app.close();
  return collected;
}

function importFrom(name: string, file: string): Promise<unknown> {
  return import(fileURLToPath(new URL(`${name}/src/${file}.ts`, servicesFolder)));
}

/** Well formed, and leading nowhere. */
function placeholderEnvironment(name: ServiceName): Record<string, string> {
  const nowhere = "http://127.0.0.1:9";
  return serviceEnvironment(name, {
    env: "development",
    port: 0,
    opsPort: 0,
    logLevel: "silent",
    databaseUrl: "postgres://nobody:nothing@127.0.0.1:9/nowhere",
    natsUrl: "nats://127.0.0.1:9",
    redisUrl: "redis://127.0.0.1:9",
    smtpUrl: "smtp://127.0.0.1:9",
    publicUrl: nowhere,
    urlOf: () => nowhere,
    secret: (secretName) => secretName.padEnd(64, "-placeholder"),
  });
}

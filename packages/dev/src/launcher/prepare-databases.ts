import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type DomainService, domainServices } from "@kismet/contracts";
import { createRolesAndSchemas, migrate } from "@kismet/database";
import { LaunchError } from "./launch-error.ts";

export const databaseName = "kismet";

/** One database, in which each service has its role, its schema and its tables. Done again it changes nothing. */
export async function prepareDatabases(
  adminUrl: string,
  password: (service: DomainService) => string,
): Promise<void> {
  await createRolesAndSchemas({
    adminUrl,
    database: databaseName,
    services: domainServices.map((name) => ({ name, password: password(name) })),
  });
  for (const name of domainServices) await migrateService(name, databaseUrl(adminUrl, name, password(name)));
}

async function migrateService(name: DomainService, url: string): Promise<void> {
  const migrationsFolder = fileURLToPath(new URL(`../../../../services/${name}/migrations`, import.meta.url));
  if (!existsSync(migrationsFolder))
    throw new LaunchError(
      `services/${name} has no migrations: npm run migration -- ${name} <what-changes> writes them.`,
    );
  try {
    await migrate({ url, schemaName: name, migrationsFolder });
  } catch (error) {
    // What the database says is the cause of an error which only repeats the statement.
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? `${message.trim()}\n${cause.message}` : message;
    throw new LaunchError(`The migrations of services/${name} failed: ${reason}`);
  }
}

/** How a service reaches its schema. */
export function databaseUrl(adminUrl: string, service: DomainService, password: string): string {
  const url = new URL(adminUrl);
  url.username = `kismet_${service}`;
  url.password = password;
  url.pathname = `/${databaseName}`;
  return url.href;
}

/** The same database, as the superuser. */
export function adminDatabaseUrl(adminUrl: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${databaseName}`;
  return url.href;
}

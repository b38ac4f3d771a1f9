import { fileURLToPath } from "node:url";
import { type DomainService, domainServices } from "@kismet/contracts";
import { createRolesAndSchemas, migrate } from "@kismet/database";

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
  for (const name of domainServices) {
    await migrate({
      url: databaseUrl(adminUrl, name, password(name)),
      schemaName: name,
      migrationsFolder: fileURLToPath(new URL(`../../../../services/${name}/migrations`, import.meta.url)),
    });
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

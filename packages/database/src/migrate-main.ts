/** `node packages/database/src/migrate-main.ts <service>`: a job of each deployment, before the new instances start. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createLogger } from "@kismet/service-kit";
import { migrate } from "./migrate.ts";

const [schemaName = ""] = process.argv.slice(2);
const logger = createLogger({ service: schemaName || "migrate", instanceId: "migrate", level: "info" });
const migrationsFolder = fileURLToPath(
  new URL(`../../../services/${schemaName}/migrations`, import.meta.url),
);
const url = process.env["KISMET_DATABASE_URL"];

try {
  if (!/^[a-z]+$/.test(schemaName) || !existsSync(migrationsFolder)) {
    throw new Error(`there are no migrations of a service called "${schemaName}"`);
  }
  if (!url) throw new Error("KISMET_DATABASE_URL is missing");
  await migrate({ url, schemaName, migrationsFolder });
  logger.info("migrated");
} catch (error) {
  logger.fatal({ err: error }, "migration failed");
  process.exitCode = 1;
}

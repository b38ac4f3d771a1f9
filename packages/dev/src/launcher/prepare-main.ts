/**
 * The one-shot job of docker-compose.yml: roles, schemas, tables and people, as `npm start` makes them. A deployment
 * gives each service its own role instead, and runs packages/database/src/migrate-main.ts for each.
 */
import { createLogger } from "@kismet/service-kit";
import { seedPeople } from "../seed/seed-people.ts";
import { adminDatabaseUrl, prepareDatabases } from "./prepare-databases.ts";

const logger = createLogger({ service: "prepare", instanceId: "prepare", level: "info" });

try {
  const adminUrl = required("KISMET_DEV_ADMIN_URL");
  const rolePassword = required("KISMET_DEV_ROLE_PASSWORD");
  const people = Number(process.env["KISMET_DEV_PEOPLE"] ?? "2000");
  await prepareDatabases(adminUrl, () => rolePassword);
  await seedPeople(adminDatabaseUrl(adminUrl), people, (progress) => logger.info(progress));
  logger.info({ people }, "prepared");
} catch (error) {
  logger.fatal({ err: error }, "preparing failed");
  process.exitCode = 1;
}

function required(variable: string): string {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is missing`);
  return value;
}

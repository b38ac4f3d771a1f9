import { isPortTaken } from "../infrastructure/ports.ts";
import { demoMember } from "../seed/demo-member.ts";
import { seedPeople } from "../seed/seed-people.ts";
import type { Launch } from "./launch.ts";
import { LaunchError } from "./launch-error.ts";
import { adminDatabaseUrl, prepareDatabases } from "./prepare-databases.ts";
import { startServers } from "./servers.ts";
import { startServices } from "./services.ts";

/** What somebody who has just started everything wants to know, by name, in the order of telling. */
export type Addresses = Record<string, string>;

/** From nothing to a system that can be used. */
export async function start(launch: Launch): Promise<Addresses> {
  const { options, state, terminal } = launch;
  if (options.port !== 0 && (await isPortTaken(options.port))) {
    throw new LaunchError(
      `Port ${options.port} is taken by another program: choose another one, npm start -- --port <number>.`,
    );
  }
  const servers = await startServers(launch);
  await terminal.task("creating roles, schemas and tables", () =>
    prepareDatabases(servers.postgres.url, (service) => state.secret(`database-${service}`)),
  );
  await terminal.task(`seeding ${options.people} people`, (update) =>
    seedPeople(adminDatabaseUrl(servers.postgres.url), options.people, update),
  );
  const gateway = await terminal.task("starting the six services", () => startServices(launch, servers));
  return {
    gateway,
    docs: `${gateway}/docs`,
    mail: servers.mail.url,
    postgres: adminDatabaseUrl(servers.postgres.url),
    nats: servers.natsUrl,
    redis: servers.redis.url,
    ...(options.people > 0 ? { member: demoMember.email, password: demoMember.password } : {}),
  };
}

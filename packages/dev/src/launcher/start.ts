import { freePort } from "../infrastructure/ports.ts";
import { demoMember } from "../seed/demo-member.ts";
import { seedPeople } from "../seed/seed-people.ts";
import type { Launch } from "./launch.ts";
import { adminDatabaseUrl, prepareDatabases } from "./prepare-databases.ts";
import { type Servers, startMail, startServers } from "./servers.ts";
import { startServices } from "./services.ts";

/** What somebody who has just started everything wants to know, by name, in the order of telling. */
export type Addresses = Record<string, string>;

/** From nothing to a system that can be used. */
export async function start(launch: Launch): Promise<Addresses> {
  const { options } = launch;
  const smtpPort = await freePort();
  // The mail catcher is the slowest to start and the last to be needed.
  const [mail, { servers, gateway }] = await Promise.all([
    startMail(launch, smtpPort),
    startSystem(launch, smtpPort),
  ]);
  return {
    gateway,
    docs: `${gateway}/docs`,
    mail: mail.url,
    postgres: adminDatabaseUrl(servers.postgres.url),
    nats: servers.natsUrl,
    redis: servers.redis.url,
    ...(options.people > 0 ? { member: demoMember.email, password: demoMember.password } : {}),
  };
}

async function startSystem(launch: Launch, smtpPort: number): Promise<{ servers: Servers; gateway: string }> {
  const { options, state, terminal } = launch;
  const servers = await startServers(launch);
  const adminUrl = servers.postgres.url;
  await terminal.task("creating roles, schemas and tables", () =>
    prepareDatabases(adminUrl, (service) => state.secret(`database-${service}`)),
  );
  await terminal.task(`seeding ${options.people} people`, (update) =>
    seedPeople(adminDatabaseUrl(adminUrl), options.people, update),
  );
  const gateway = await terminal.task("starting the services", () =>
    startServices(launch, servers, smtpPort),
  );
  return { servers, gateway };
}

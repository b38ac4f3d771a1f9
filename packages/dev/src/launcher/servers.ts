import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type MailCatcher, startMailCatcher } from "../infrastructure/mail-catcher.ts";
import type { Log, ManagedProcess } from "../infrastructure/managed-process.ts";
import { type NatsServer, startNats } from "../infrastructure/nats.ts";
import { freePort } from "../infrastructure/ports.ts";
import { type PostgresServer, startPostgres } from "../infrastructure/postgres.ts";
import { type RedisServer, startRedis } from "../infrastructure/redis.ts";
import type { Launch } from "./launch.ts";
import { supervise } from "./supervise.ts";

export type Servers = {
  postgres: PostgresServer;
  nats: NatsServer;
  redis: RedisServer;
  /** With its credentials. */
  natsUrl: string;
};

const natsUser = "kismet";

/** Each on a port of its own, which it keeps when it has to be started again. */
export async function startServers(launch: Launch): Promise<Servers> {
  const { state, table } = launch;
  const onSpawn = table.add("server");
  const folder = (name: string) => join(state.path, name);
  const natsPassword = state.secret("nats");
  const [postgres, nats, redis] = await Promise.all([
    keep(launch, "postgres", await freePort(), (port, log) =>
      startPostgres({ dataDir: folder("postgres"), port, password: state.secret("postgres"), log, onSpawn }),
    ),
    keep(launch, "nats", await freePort(), (port, log) => {
      const configText = natsConfiguration(folder("nats"), natsPassword);
      return startNats({ dataDir: folder("nats"), port, configText, log, onSpawn });
    }),
    keep(launch, "redis", await freePort(), (port, log) =>
      startRedis({ dataDir: folder("redis"), port, password: state.secret("redis"), log, onSpawn }),
    ),
  ]);
  const natsUrl = nats.url.replace("//", `//${natsUser}:${natsPassword}@`);
  return { postgres, nats, redis, natsUrl };
}

export async function startMail(launch: Launch, smtpPort: number): Promise<MailCatcher> {
  const mailDir = join(launch.state.path, "mail");
  const onSpawn = launch.table.add("server");
  return keep(launch, "mail catcher", await freePort(), (port, log) =>
    startMailCatcher({ port, smtpPort, mailDir, log, onSpawn }),
  );
}

function keep<S extends ManagedProcess>(
  { state, table, terminal }: Launch,
  name: string,
  port: number,
  start: (port: number, log: Log) => Promise<S>,
): Promise<S> {
  const log = logTo(state.path, name);
  const say = (text: string) => terminal.say(text);
  return terminal.task(`starting ${name}`, () =>
    supervise(name, () => start(port, log), { stopping: table.stopping, say }),
  );
}

function natsConfiguration(dataDir: string, password: string): string {
  return [
    `jetstream { store_dir: "${dataDir}", max_memory_store: 256MB, max_file_store: 10GB }`,
    `authorization { user: "${natsUser}", password: "${password}" }`,
    "",
  ].join("\n");
}

/** Of the last start only. */
export function logTo(stateFolder: string, name: string): Log {
  mkdirSync(join(stateFolder, "logs"), { recursive: true });
  const file = createWriteStream(join(stateFolder, "logs", `${name.replaceAll(" ", "-")}.log`));
  // A full disk shows elsewhere first; without its log a server still runs.
  file.on("error", () => undefined);
  return (line) => file.write(`${line}\n`);
}

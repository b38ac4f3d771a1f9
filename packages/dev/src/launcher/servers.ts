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
  mail: MailCatcher;
  natsUrl: string;
  smtpUrl: string;
};

const natsUser = "kismet";

/** Each on a port of its own, which it keeps when it has to be started again. */
export async function startServers(launch: Launch): Promise<Servers> {
  const { state, table, terminal } = launch;
  const onSpawn = table.add("server");
  const folder = (name: string) => join(state.path, name);
  const [postgresPort, natsPort, redisPort, mailPort, smtpPort] = await freePorts(5);
  const natsPassword = state.secret("nats");

  const start = <S extends ManagedProcess>(name: string, server: (log: Log) => Promise<S>) => {
    const log = logTo(state.path, name);
    return terminal.task(`starting ${name}`, () =>
      supervise(name, () => server(log), { stopping: table.stopping, say: (text) => terminal.say(text) }),
    );
  };
  const [postgres, nats, redis, mail] = await Promise.all([
    start("postgres", (log) =>
      startPostgres({
        dataDir: folder("postgres"),
        port: postgresPort,
        password: state.secret("postgres"),
        log,
        onSpawn,
      }),
    ),
    start("nats", (log) => {
      const configText = natsConfiguration(folder("nats"), natsPassword);
      return startNats({ dataDir: folder("nats"), port: natsPort, configText, log, onSpawn });
    }),
    start("redis", (log) =>
      startRedis({
        dataDir: folder("redis"),
        port: redisPort,
        password: state.secret("redis"),
        log,
        onSpawn,
      }),
    ),
    start("mail catcher", (log) =>
      startMailCatcher({ port: mailPort, smtpPort, mailDir: folder("mail"), log, onSpawn }),
    ),
  ]);
  const natsUrl = nats.url.replace("//", `//${natsUser}:${natsPassword}@`);
  return { postgres, nats, redis, mail, natsUrl, smtpUrl: `smtp://127.0.0.1:${mail.smtpPort}` };
}

async function freePorts(count: 5): Promise<[number, number, number, number, number]> {
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  return ports as [number, number, number, number, number];
}

function natsConfiguration(dataDir: string, password: string): string {
  return [
    `jetstream { store_dir: "${dataDir}", max_memory_store: 256MB, max_file_store: 10GB }`,
    `authorization { user: "${natsUser}", password: "${password}" }`,
    "",
  ].join("\n");
}

/** Of the last start only. */
function logTo(stateFolder: string, name: string): Log {
  mkdirSync(join(stateFolder, "logs"), { recursive: true });
  const file = createWriteStream(join(stateFolder, "logs", `${name.replaceAll(" ", "-")}.log`));
  // A full disk shows elsewhere first; without its log a server still runs.
  file.on("error", () => undefined);
  return (line) => file.write(`${line}\n`);
}

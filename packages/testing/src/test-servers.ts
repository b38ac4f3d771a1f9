import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Addresses of the Postgres, NATS and Redis that all test files share; each file has a slot of its own in them. */
export type TestServers = {
  backend: "embedded" | "containers";
  /** Of a superuser, to the database `postgres`. */
  postgresUrl: string;
  /** `host:port`; each slot has its own account and user. */
  natsAddress: string;
  redisUrl: string;
  pid: number;
};

/** How many test files can hold a slot at the same time, before the first is used anew. */
export const slotCount = 256;

/** What a test loses in a power cut does not matter. */
export const volatilePostgres = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  max_connections: "1000",
  max_wal_size: "4GB",
  autovacuum_naptime: "10s",
};

/** Two runs at the same time have a file each. */
export const serversFile =
  process.env["KISMET_TEST_SERVERS_FILE"] ??
  fileURLToPath(new URL("../../../.kismet/test-servers.json", import.meta.url));

export function findTestServers(): TestServers {
  if (existsSync(serversFile)) {
    const servers = JSON.parse(readFileSync(serversFile, "utf8")) as TestServers;
    if (isAlive(servers.pid)) return servers;
  }
  throw new Error(
    "no test servers run: start them with `npm run test:servers`, or run the whole of `npm test`",
  );
}

export function natsUser(slot: number): { user: string; password: string } {
  return { user: `slot-${slot}`, password: "test" };
}

/** One NATS account a slot: streams, consumers and subjects of two test files never meet. No `storeDir`, no JetStream. */
export function natsConfiguration(storeDir?: string): string {
  const jetstream = storeDir === undefined ? "disabled" : "enabled";
  const accounts = Array.from({ length: slotCount }, (_, slot) => {
    const { user, password } = natsUser(slot);
    return `  S${slot}: { jetstream: ${jetstream}, users: [{ user: "${user}", password: "${password}" }] }`;
  });
  return [
    storeDir === undefined
      ? "jetstream: disabled"
      : `jetstream { store_dir: "${storeDir}", max_memory_store: 1GB, max_file_store: 20GB }`,
    "accounts {",
    ...accounts,
    `  SYS: { users: [{ user: "system", password: "test" }] }`,
    "}",
    "system_account: SYS",
    "",
  ].join("\n");
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

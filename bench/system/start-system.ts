import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createBus } from "@kismet/bus";
import { GetJwks } from "@kismet/contracts";
import { createRolesAndSchemas, migrate } from "@kismet/database";
import { startNats, startPostgres, startRedis } from "@kismet/dev";
import { createParts, loadConfig, NatsSettings, ProcessSettings } from "@kismet/service-kit";
import { environmentOf, TestSigner } from "@kismet/testing";
import pg from "pg";
import { Type } from "typebox";
import { type Cleanup } from "./cleanup.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const databaseName = "bench";
const services = ["matching", "chat"] as const;

/** Private servers, durable as in production, and an auth that signs whatever token the bench asks for. */
export type System = {
  folder: string;
  cleanup: Cleanup;
  signer: TestSigner;
  admin: pg.Pool;
  /** Of the superuser, to the database of the services. */
  adminUrl: string;
  databaseUrl(service: (typeof services)[number]): string;
  natsUrl: string;
  redisUrl: string;
  pids: { postgres: number; nats: number };
};

export async function startSystem(cleanup: Cleanup): Promise<System> {
  // Beside the development state, on the disk: the usual folder for temporary files may be memory, which syncs for free.
  mkdirSync(join(root, ".kismet"), { recursive: true });
  const folder = mkdtempSync(join(root, ".kismet", "bench-"));
  chmodSync(folder, 0o755);
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  const log = () => undefined;
  const onSpawn = (server: { stop(): Promise<void> }) => cleanup.add(() => server.stop());
  const dataDir = (name: string) => join(folder, name);
  const [postgres, nats, redis] = await Promise.all([
    startPostgres({ dataDir: dataDir("postgres"), log, onSpawn }),
    startNats({ dataDir: dataDir("nats"), log, onSpawn }),
    startRedis({ dataDir: dataDir("redis"), log, onSpawn }),
  ]);
  const database = await prepareDatabase(postgres.url);
  const admin = new pg.Pool({ connectionString: database.adminUrl, max: 2 });
  admin.on("error", () => undefined);
  cleanup.add(() => admin.end());
  const signer = new TestSigner();
  await playAuth(nats.url, signer, cleanup);
  const { adminUrl, databaseUrl } = database;
  return {
    folder,
    cleanup,
    signer,
    admin,
    adminUrl,
    databaseUrl,
    natsUrl: nats.url,
    redisUrl: redis.url,
    pids: { postgres: postgres.pid, nats: nats.pid },
  };
}

async function prepareDatabase(postgresUrl: string): Promise<Pick<System, "adminUrl" | "databaseUrl">> {
  const password = randomBytes(16).toString("hex");
  const adminUrl = withPath(postgresUrl, databaseName);
  const databaseUrl: System["databaseUrl"] = (service) => {
    const url = new URL(adminUrl);
    url.username = `kismet_${service}`;
    url.password = password;
    return url.href;
  };
  await createRolesAndSchemas({
    adminUrl: postgresUrl,
    database: databaseName,
    services: services.map((name) => ({ name, password })),
  });
  for (const name of services) {
    const migrationsFolder = join(root, "services", name, "migrations");
    await migrate({ url: databaseUrl(name), schemaName: name, migrationsFolder });
  }
  return { adminUrl, databaseUrl };
}

function withPath(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

const AuthConfig = Type.Object({ ...ProcessSettings, ...NatsSettings });

/** Asked once by each service, for the key: it takes no part in what is measured. */
async function playAuth(natsUrl: string, signer: TestSigner, cleanup: Cleanup): Promise<void> {
  const settings = { env: "test", logLevel: "silent", port: 0, opsPort: 0, natsUrl };
  const parts = createParts("auth", loadConfig(AuthConfig, environmentOf(AuthConfig, settings)));
  const bus = createBus(parts);
  bus.serve(GetJwks, async () => ({ keys: [signer.jwk] }));
  cleanup.add(() => parts.lifecycle.stop());
  await parts.lifecycle.start();
}

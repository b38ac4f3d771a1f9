import { randomUUIDv7 } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AccountChanged, type PayloadOf, type ServiceName } from "@kismet/contracts";
import {
  createDatabase,
  createRolesAndSchemas,
  type Database,
  lockKeys,
  migrate,
  type Schema,
  type Transaction,
} from "@kismet/database";
import { freePort, type ManagedProcess, startNats, startPostgres } from "@kismet/dev";
import { createLogger, createParts, type Parts } from "@kismet/service-kit";
import { eventually } from "@kismet/testing";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import pg from "pg";
import { type Bus, createBus, emit, on } from "../../src/index.ts";
import * as source from "./source-schema.ts";
import * as target from "./target-schema.ts";

/** Servers of this file's own, since its tests kill, freeze and empty them. */

const password = "test-role-password";

export type Settings = {
  env: "test";
  logLevel: string;
  accessLogSample: number;
  host: string;
  port: number;
  opsPort: number;
  shutdownMs: number;
  instanceId: string;
  databaseUrl: string;
  databasePoolSize: number;
  slowQueryMs: number;
  natsUrl: string;
  natsReplicas: number;
};

export type Instance = {
  parts: Parts<Settings>;
  bus: Bus;
  /** What it has logged. */
  lines: LoggedLine[];
  stop(): Promise<void>;
};
export type LoggedLine = { level: string; message: string; requestId?: string; [field: string]: unknown };
export type Teardown = { teardown(work: () => Promise<unknown> | void): void };

export class World {
  readonly dir = mkdtempSync(join(tmpdir(), "kismet-bus-"));
  admin!: pg.Pool;
  natsUrl!: string;
  #postgres!: ManagedProcess & { url: string };
  #nats!: ManagedProcess;
  #ports!: { postgres: number; nats: number };

  static async start(t: Teardown, { withPostgres = true } = {}): Promise<World> {
    const world = new World();
    world.#ports = { postgres: await freePort(), nats: await freePort() };
    t.teardown(() => world.#stop());
    if (!withPostgres) {
      await world.startNats();
      return world;
    }
    await Promise.all([world.startPostgres(), world.startNats()]);
    const { url } = world.#postgres;
    await createRolesAndSchemas({
      adminUrl: url,
      database: "kismet",
      services: [
        { name: "auth", password },
        { name: "matching", password },
      ],
    });
    for (const name of ["auth", "matching"] as const) {
      const migrationsFolder = fileURLToPath(new URL(`./migrations/${name}`, import.meta.url));
      await migrate({ url: world.databaseUrl(name), schemaName: name, migrationsFolder });
    }
    world.admin = new pg.Pool({ connectionString: url.replace(/\/postgres$/, "/kismet"), max: 2 });
    world.admin.on("error", () => undefined);
    return world;
  }

  databaseUrl(service: ServiceName): string {
    return `postgres://kismet_${service}:${password}@127.0.0.1:${this.#ports.postgres}/kismet`;
  }

  settings(service: ServiceName, overrides: Partial<Settings> = {}): Settings {
    return {
      env: "test",
      logLevel: process.env["LOG"] ?? "silent",
      accessLogSample: 1,
      host: "127.0.0.1",
      port: 0,
      opsPort: 0,
      shutdownMs: 8_000,
      instanceId: `${service}-${randomUUIDv7().slice(-8)}`,
      databaseUrl: this.databaseUrl(service),
      databasePoolSize: 8,
      slowQueryMs: 1_000,
      natsUrl: this.natsUrl,
      natsReplicas: 1,
      ...overrides,
    };
  }

  /** A service without HTTP, as far as the bus is concerned. */
  async instance<S extends Schema>(
    t: Teardown,
    name: ServiceName,
    schema: S,
    wire: (bus: Bus, database: Database<S>) => void = () => undefined,
    overrides: Partial<Settings> = {},
  ): Promise<Instance & { database: Database<S> }> {
    const { parts, lines } = this.parts(name, overrides);
    const database = createDatabase(parts, schema);
    const bus = createBus(parts, database);
    wire(bus, database);
    return { parts, bus, database, lines, stop: await startParts(t, parts) };
  }

  /** A process that asks, answers, watches and signals, and stores nothing. */
  async peer(t: Teardown, name: ServiceName, wire: (bus: Bus) => void = () => undefined): Promise<Instance> {
    const { parts, lines } = this.parts(name);
    const bus = createBus(parts);
    wire(bus);
    return { parts, bus, lines, stop: await startParts(t, parts) };
  }

  /** The tables of a service that runs nowhere: what it emits stays in the outbox until somebody relays it. */
  async tables<S extends Schema>(t: Teardown, name: ServiceName, schema: S): Promise<Database<S>> {
    const { parts } = this.parts(name);
    const database = createDatabase(parts, schema);
    await startParts(t, parts);
    return database;
  }

  parts(
    name: ServiceName,
    overrides: Partial<Settings> = {},
  ): { parts: Parts<Settings>; lines: LoggedLine[] } {
    const settings = this.settings(name, overrides);
    const lines: LoggedLine[] = [];
    const logger = createLogger(
      { service: name, instanceId: settings.instanceId, level: "debug" },
      {
        write(line) {
          lines.push(JSON.parse(line) as LoggedLine);
          if (process.env["LOG"]) process.stdout.write(line);
        },
      },
    );
    return { parts: createParts(name, settings, { logger }), lines };
  }

  /** NATS as a stranger sees it, or an operator. */
  async stranger(t: Teardown): Promise<NatsConnection> {
    const connection = await connect({
      servers: this.natsUrl,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
    });
    t.teardown(() => connection.close());
    return connection;
  }

  async sql<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.admin.query<Row>(text, values)).rows;
  }

  /** Between two tests: nothing emitted, nothing projected. The streams keep what they have. */
  async empty(): Promise<void> {
    for (const schema of ["auth", "matching"])
      await this.sql(
        `TRUNCATE ${schema}.outbox, ${schema}.inbox, ${schema}.parked, ${schema}.rebuilds, ${schema}.tombstones`,
      );
    await this.sql("TRUNCATE matching.accounts, matching.effects RESTART IDENTITY");
  }

  async startPostgres(): Promise<void> {
    // The children of a killed server take a moment to go, and hold its shared memory so long.
    this.#postgres = await eventually(
      () =>
        startPostgres({
          dataDir: join(this.dir, "postgres"),
          port: this.#ports.postgres,
          log: () => undefined,
        }),
      { timeoutMs: 20_000, everyMs: 200 },
    );
  }

  async startNats({ withJetStream = true } = {}): Promise<void> {
    const nats = await startNats({
      dataDir: join(this.dir, "nats"),
      port: this.#ports.nats,
      ...(withJetStream ? {} : { configText: "" }),
      log: () => undefined,
    });
    this.#nats = nats;
    this.natsUrl = nats.url;
  }

  async killNats({ losesDisk = false } = {}): Promise<void> {
    this.#nats.kill("SIGKILL");
    await this.#nats.exited;
    if (losesDisk) rmSync(join(this.dir, "nats"), { recursive: true });
  }

  async killPostgres(): Promise<void> {
    this.#postgres.kill("SIGKILL");
    await this.#postgres.exited;
  }

  freezeNats(): () => void {
    return freeze([this.#nats.pid]);
  }

  /** The backends are sessions of their own, which a signal to the server doesn't reach. */
  freezePostgres(): () => void {
    return freeze([this.#postgres.pid, ...childrenOf(this.#postgres.pid)]);
  }

  async #stop(): Promise<void> {
    await this.admin?.end();
    await Promise.all([this.#postgres?.stop(), this.#nats?.stop()]);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export function freeze(pids: number[]): () => void {
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  return () => {
    for (const pid of pids) process.kill(pid, "SIGCONT");
  };
}

function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === parent)
    .map(Number);
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}

async function startParts(t: Teardown, { lifecycle }: Parts<Settings>): Promise<() => Promise<void>> {
  const stop = () => lifecycle.stop();
  t.teardown(stop);
  await lifecycle.start();
  return stop;
}

type Tx = Transaction<typeof target>;

/** Emits versions `from` to `to` of an account, each in a transaction under the account's lock. */
export async function changeAccount(
  database: Database<typeof source>,
  id: string,
  from: number,
  to: number,
): Promise<void> {
  for (let version = from; version <= to; version += 1) {
    await database.transaction(async (tx) => {
      await lockKeys(tx, id);
      await emit(tx, AccountChanged, { aggregateId: id, payload: accountAt(id, version) });
    });
  }
}

export function accountAt(memberId: string, version: number): PayloadOf<typeof AccountChanged> {
  return { memberId, version, status: "active", changedAt: new Date().toISOString() };
}

/** Fixed, since its place in the stream goes by its name. */
export const accountsConsumer = { name: "accounts", source: "auth", poison: "park" } as const;

type Before = (version: number, memberId: string) => Promise<void> | void;

export const project = (before: Before = () => undefined) =>
  on(AccountChanged, async (tx: Tx, { payload: { memberId, version } }) => {
    await before(version, memberId);
    await tx.insert(target.effects).values({ id: memberId, version });
    await tx
      .insert(target.accounts)
      .values({ id: memberId, version })
      .onConflictDoUpdate({ target: target.accounts.id, set: { version } });
  });

/** Each account's versions took effect once each and in order. */
export async function assertEffects(world: World, expected: Map<string, number>): Promise<void> {
  const rows = await world.sql<{ id: string; versions: number[] }>(
    "SELECT id, array_agg(version ORDER BY seq) AS versions FROM matching.effects GROUP BY id",
  );
  const actual = new Map(rows.map(({ id, versions }) => [id, versions]));
  for (const [id, count] of expected) {
    const versions = actual.get(id) ?? [];
    const wanted = Array.from({ length: count }, (_, index) => index + 1);
    if (versions.join() !== wanted.join())
      throw new Error(`${id}: effects ${versions.join()}, not 1 to ${count}`);
  }
}

export { source, target };

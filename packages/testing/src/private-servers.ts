import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, type ManagedProcess, startNats, startPostgres, startRedis } from "@kismet/dev";
import { endWithThisProcess } from "./end-with-this-process.ts";
import { eventually } from "./eventually.ts";
import { natsConfiguration, slotCount, type TestServers } from "./test-servers.ts";
import type { Teardown } from "./world.ts";

/** A server that a test may break: it comes back at the same address with the data that it had on disk. */
export type PrivateServer = {
  name: string;
  /** In good order. */
  stop(): Promise<void>;
  /** SIGKILL, to its children too. */
  kill(): Promise<void>;
  /** Connections stay, nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** After `stop` or `kill`. */
  start(): Promise<void>;
};

export type PrivateServers = {
  servers: TestServers;
  postgres: PrivateServer;
  nats: PrivateServer & {
    /** As `start`: requests and signals go on, streams are away. */
    startWithoutJetStream(): Promise<void>;
  };
  redis: PrivateServer;
};

/**
 * A process may be killed here, the machine is not: what the kernel has been given is safe. So nothing is synced, but
 * a commit has left the server's own memory before it is acknowledged.
 */
const postgresSettings = { fsync: "off", max_connections: "300", shared_buffers: "64MB" };

/** A postmaster that was killed is restarted only once its last child has let go of the shared memory. */
const restartTimeoutMs = 15_000;

/** Postgres, NATS and Redis for one test file alone, to be killed and frozen. */
export async function startPrivateServers(t: Teardown): Promise<PrivateServers> {
  const folder = mkdtempSync(join(tmpdir(), "kismet-private-servers-"));
  // Postgres runs as somebody else if this is root.
  chmodSync(folder, 0o755);
  const all: BreakableServer[] = [];
  t.teardown(async () => {
    await Promise.all(all.map((server) => server.end()));
    rmSync(folder, { recursive: true, force: true });
  });
  const ports = { postgres: await freePort(), nats: await freePort(), redis: await freePort() };
  const log = () => undefined;
  const options = (name: keyof typeof ports) => ({
    dataDir: join(folder, name),
    port: ports[name],
    log,
    onSpawn: endWithThisProcess,
  });
  const make = (name: string, start: () => Promise<ManagedProcess>) => {
    const server = new BreakableServer(name, start);
    all.push(server);
    return server;
  };
  const postgres = make("postgres", () =>
    startPostgres({ ...options("postgres"), settings: postgresSettings }),
  );
  const launchNats = (storeDir?: string) => () =>
    startNats({ ...options("nats"), configText: natsConfiguration(storeDir) });
  const nats = make("nats", launchNats(join(folder, "nats")));
  const redis = make("redis", () => startRedis({ ...options("redis"), databases: slotCount }));
  await Promise.all(all.map((server) => server.start()));
  const servers: TestServers = {
    backend: "embedded",
    postgresUrl: `postgres://kismet_admin:postgres@127.0.0.1:${ports.postgres}/postgres`,
    natsAddress: `127.0.0.1:${ports.nats}`,
    redisUrl: `redis://127.0.0.1:${ports.redis}`,
    pid: process.pid,
  };
  const breakableNats = Object.assign(nats, { startWithoutJetStream: () => nats.start(launchNats()) });
  return { servers, postgres, nats: breakableNats, redis };
}

class BreakableServer implements PrivateServer {
  readonly name: string;
  readonly #launch: () => Promise<ManagedProcess>;
  #process: ManagedProcess | undefined;

  constructor(name: string, launch: () => Promise<ManagedProcess>) {
    this.name = name;
    this.#launch = launch;
  }

  async start(launch = this.#launch): Promise<void> {
    this.#process = await eventually(launch, { timeoutMs: restartTimeoutMs, everyMs: 100 });
  }

  async stop(): Promise<void> {
    await this.#running.stop();
  }

  async kill(): Promise<void> {
    this.#signal("SIGKILL");
    await this.#running.exited;
  }

  freeze(): void {
    this.#signal("SIGSTOP");
  }

  thaw(): void {
    this.#signal("SIGCONT");
  }

  /** Whatever state the test has left it in. */
  async end(): Promise<void> {
    if (!this.#process) return;
    this.thaw();
    await this.#process.stop();
  }

  get #running(): ManagedProcess {
    if (!this.#process) throw new Error(`${this.name} was not started`);
    return this.#process;
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid, container } = this.#running;
    // Children first would be replaced by a parent that is still awake.
    const children = container ? [] : childrenOf(pid);
    this.#running.kill(signal);
    for (const child of new Set([...children, ...(container ? [] : childrenOf(pid))])) {
      try {
        process.kill(child, signal);
      } catch {
        // It has ended by itself.
      }
    }
  }
}

/** Postgres serves each connection by a child, in a process group of its own. */
function childrenOf(pid: number): number[] {
  return execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .flatMap(([child]) => (child === undefined ? [] : [child]));
}

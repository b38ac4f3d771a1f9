import { fileURLToPath } from "node:url";
import { GetAccount, type ServiceName, serviceNames } from "@kismet/contracts";
import {
  type Exit,
  freePort,
  type MailCatcher,
  type ManagedProcess,
  serviceEnvironment,
  startMailCatcher,
  startProcess,
} from "@kismet/dev";
import { variableOf } from "./environment-of.ts";
import { endWithThisProcess } from "./end-with-this-process.ts";
import { type PrivateServers, startPrivateServers } from "./private-servers.ts";
import { answer, type StandIn } from "./stand-in.ts";
import { createWorld, type Teardown, type World } from "./world.ts";

type Setting = string | number | boolean;

export type SystemOptions = {
  /** Of each service; one if it is not said. */
  instances?: number;
  /** Which servers: those that tests share, or some of its own that may be killed and frozen. */
  servers?: "shared" | "private";
  /** With the stand-in, tokens are signed by `world.signer`. */
  auth?: "stand-in" | "real";
  /** The provider that the real auth takes sign-ins from. */
  oidcIssuer?: string;
  /** Only these; the others are away. */
  services?: readonly ServiceName[];
  /** For every process. */
  env?: Record<string, string>;
  /** Values by configuration key. */
  settings?: Partial<Record<ServiceName, Record<string, Setting>>>;
};

export type LoggedLine = { service: ServiceName; text: string };

/** One process of a service; it keeps its address when it is started again. */
export type Instance = {
  service: ServiceName;
  url: string;
  opsUrl: string;
  /** Resolves when it is ready. */
  start(): Promise<void>;
  /** SIGTERM. */
  stop(): Promise<Exit>;
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
};

export type System = {
  world: World;
  /** Of the first gateway. */
  url: string;
  instances(service: ServiceName): Instance[];
  /** All that the processes have written, in order of arrival. */
  lines: LoggedLine[];
  /** If they are private. */
  servers: PrivateServers | undefined;
  /** With the real auth. */
  mail: MailCatcher | undefined;
  /** With the stand-in. */
  auth: StandIn | undefined;
  /** All processes, the gateway first. */
  stop(): Promise<void>;
};

const readyTimeoutMs = 90_000;
const stopTimeoutMs = 10_000;
const shutdownMs = 5_000;

/** Loads of a test come from one address, and faster than people are. */
const openLimits: SystemOptions["settings"] = {
  gateway: { limitScale: 10_000, shedAfterMs: 60_000, shedQueueMs: 60_000 },
  matching: { freeLikesPerDay: 10_000 },
  chat: { messagesPerMinute: 1_000_000, framesPerMinute: 1_000_000 },
  profile: { locationChangesPerDay: 10_000, farMoveIntervalMs: 0 },
};

/** As each service of a system is given it: whoever plays its providers signs by it. */
export const secretOfSystem = (name: string): string =>
  Buffer.from(`${name} of a test, long enough to be one`).toString("base64url");

/** The whole system as processes of their own, as they run in production: stopped at teardown. */
export async function spawnSystem(t: Teardown, options: SystemOptions = {}): Promise<System> {
  const { instances = 1, auth = "stand-in" } = options;
  const servers = options.servers === "private" ? await startPrivateServers(t) : undefined;
  const world = await createWorld(t, { realAuth: true, ...(servers ? { servers: servers.servers } : {}) });
  const mail = auth === "real" ? await startMail(t) : undefined;
  const standIn = auth === "real" ? undefined : await playAuth(world);
  const lines: LoggedLine[] = [];
  const names = serviceNames.filter(
    (name) => (auth === "real" || name !== "auth") && (options.services?.includes(name) ?? true),
  );
  const ports = await choosePorts(names, instances);
  const all = names.flatMap((service) =>
    (ports.get(service) ?? []).map((own) => {
      const env = environmentFor(service, own, { world, mail, ports, options });
      return createInstance(service, own, env, (text) => lines.push({ service, text }));
    }),
  );
  const ofService = (service: ServiceName) => all.filter((each) => each.service === service);
  const stop = async () => {
    await Promise.all(ofService("gateway").map((each) => each.stop()));
    await Promise.all(all.map((each) => each.stop()));
  };
  t.teardown(stop);
  await Promise.all(all.map((each) => each.start()));
  return {
    world,
    url: ofService("gateway")[0]?.url ?? "",
    instances: ofService,
    lines,
    servers,
    mail,
    auth: standIn,
    stop,
  };
}

/** Every account that it is asked for is active and of the same age. */
async function playAuth(world: World): Promise<StandIn> {
  const createdAt = "2026-01-01T00:00:00.000Z";
  return world.standIn("auth", {
    answers: [
      answer(GetAccount, async ({ memberId }) => ({
        memberId,
        status: "active" as const,
        birthDate: "1995-04-01",
        locale: "en",
        createdAt,
      })),
    ],
  });
}

async function startMail(t: Teardown): Promise<MailCatcher> {
  const mail = await startMailCatcher({ log: () => undefined, onSpawn: endWithThisProcess });
  t.teardown(() => mail.stop());
  return mail;
}

type Ports = { port: number; opsPort: number };

async function choosePorts(
  names: readonly ServiceName[],
  instances: number,
): Promise<Map<ServiceName, Ports[]>> {
  const ports = new Map<ServiceName, Ports[]>();
  for (const name of names) {
    const own: Ports[] = [];
    for (let i = 0; i < instances; i += 1) own.push({ port: await freePort(), opsPort: await freePort() });
    ports.set(name, own);
  }
  return ports;
}

function environmentFor(
  service: ServiceName,
  own: Ports,
  {
    world,
    mail,
    ports,
    options,
  }: {
    world: World;
    mail: MailCatcher | undefined;
    ports: Map<ServiceName, Ports[]>;
    options: SystemOptions;
  },
): NodeJS.ProcessEnv {
  const addresses = (name: ServiceName) =>
    (ports.get(name) ?? [{ port: 9 }]).map(({ port }) => urlAt(port)).join(",");
  const environment = serviceEnvironment(service, {
    env: "test",
    ...own,
    databaseUrl: service === "gateway" ? "" : world.databaseUrl(service),
    natsUrl: world.natsUrl,
    redisUrl: world.redisUrl,
    smtpUrl: `smtp://127.0.0.1:${mail?.smtpPort ?? 9}`,
    publicUrl: addresses("gateway").split(",")[0] ?? "",
    urlOf: addresses,
    secret: secretOfSystem,
    shutdownMs,
    ...(options.oidcIssuer === undefined ? {} : { oidcIssuer: options.oidcIssuer }),
  });
  const settings = { ...openLimits?.[service], ...options.settings?.[service] };
  for (const [key, value] of Object.entries(settings)) environment[variableOf(key)] = String(value);
  // Nothing of this process's own environment but what a program needs to run.
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;
  return { PATH, HOME, NODE_COMPILE_CACHE, ...environment, ...options.env };
}

function createInstance(
  service: ServiceName,
  { port, opsPort }: Ports,
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
): Instance {
  let running: ManagedProcess | undefined;
  const opsUrl = urlAt(opsPort);
  return {
    service,
    url: urlAt(port),
    opsUrl,
    async start() {
      running = await startProcess({
        name: service,
        command: process.execPath,
        args: ["--import", "@kismet/service-kit/register-telemetry", "src/main.ts"],
        cwd: fileURLToPath(new URL(`../../../services/${service}`, import.meta.url)),
        env,
        log,
        stopTimeoutMs,
        ready: () => askReady(opsUrl),
        readyTimeoutMs,
        onSpawn: (spawned) => {
          endWithThisProcess(spawned);
          running = spawned;
        },
      });
    },
    async stop() {
      if (!running) return { code: 0, signal: null };
      running.kill("SIGCONT");
      await running.stop();
      return running.exited;
    },
    async kill() {
      running?.kill("SIGKILL");
      await running?.exited;
    },
    freeze: () => running?.kill("SIGSTOP"),
    thaw: () => running?.kill("SIGCONT"),
  };
}

async function askReady(opsUrl: string): Promise<void> {
  const response = await fetch(`${opsUrl}/readyz`, { signal: AbortSignal.timeout(2_000) });
  if (response.ok) return void (await response.body?.cancel());
  throw new Error(`it says: ${await response.text()}`);
}

function urlAt(port: number): string {
  return `http://127.0.0.1:${port}`;
}

import { fileURLToPath } from "node:url";
import { type ServiceName, serviceNames } from "@kismet/contracts";
import { type ManagedProcess, startProcess } from "../infrastructure/managed-process.ts";
import { freePort, loopback } from "../infrastructure/ports.ts";
import { issuerAt, startOidcProvider } from "../infrastructure/oidc-provider.ts";
import { oidcClientId, oidcSecretName, serviceEnvironment } from "../service-environment.ts";
import type { Launch } from "./launch.ts";
import { databaseUrl } from "./prepare-databases.ts";
import { logTo, type Servers } from "./servers.ts";
import { StartFailure } from "./start-failure.ts";
import { supervise } from "./supervise.ts";

/** All of them together have to stop, and the servers after them, within ten seconds. */
const shutdownMs = 4_000;
/** One that can't start ends, and that is seen at once: this is for a machine that is busy with something else. */
const readyTimeoutMs = 150_000;

type Ports = { port: number; opsPort: number };

/** All at once: each waits for what it needs. Resolves with the gateway's address when all are ready. */
export async function startServices(launch: Launch, servers: Servers, smtpPort: number): Promise<string> {
  const { options, state, table, terminal } = launch;
  const ports = await choosePorts(options.port);
  const urlOf = (name: ServiceName) => `http://${loopback}:${ports[name].port}`;
  const oidcPort = await freePort();
  const environment = (name: ServiceName) =>
    serviceEnvironment(name, {
      env: "development",
      ...ports[name],
      databaseUrl:
        name === "gateway" ? "" : databaseUrl(servers.postgres.url, name, state.secret(`database-${name}`)),
      natsUrl: servers.natsUrl,
      redisUrl: servers.redis.url,
      smtpUrl: `smtp://${loopback}:${smtpPort}`,
      publicUrl: urlOf("gateway"),
      oidcIssuer: issuerAt(oidcPort),
      urlOf,
      secret: state.secret,
      shutdownMs,
    });
  const start = (name: ServiceName) => () =>
    startService(launch, name, environment(name), ports[name].opsPort);
  const supervised = { stopping: table.stopping, say: (text: string) => terminal.say(text) };
  await Promise.all([
    supervise("OIDC provider", () => startProvider(launch, oidcPort, urlOf("gateway")), supervised),
    ...serviceNames.map((name) => supervise(name, start(name), supervised)),
  ]);
  return urlOf("gateway");
}

/** Whoever has nothing to do with Google or Apple signs in there. */
function startProvider({ state, table }: Launch, port: number, gatewayUrl: string): Promise<ManagedProcess> {
  return startOidcProvider({
    port,
    clientId: oidcClientId,
    clientSecret: state.secret(oidcSecretName),
    redirectUri: `${gatewayUrl}/v1/auth/oidc/development/callback`,
    log: logTo(state.path, "oidc provider"),
    onSpawn: table.add("server"),
  });
}

async function choosePorts(gatewayPort: number): Promise<Record<ServiceName, Ports>> {
  const chosen = await Promise.all(
    serviceNames.map(async (name) => {
      const port = name === "gateway" && gatewayPort !== 0 ? gatewayPort : await freePort();
      return [name, { port, opsPort: await freePort() }] as const;
    }),
  );
  return Object.fromEntries(chosen) as Record<ServiceName, Ports>;
}

async function startService(
  { table, terminal }: Launch,
  name: ServiceName,
  environment: Record<string, string>,
  opsPort: number,
): Promise<ManagedProcess> {
  const failure = new StartFailure(name);
  return startProcess({
    name,
    command: process.execPath,
    args: ["--import", "@kismet/service-kit/register-telemetry", "src/main.ts"],
    cwd: fileURLToPath(new URL(`../../../../services/${name}`, import.meta.url)),
    env: { ...withoutOurs(process.env), ...environment },
    log: (line) => {
      failure.read(line);
      terminal.log(name, line);
    },
    stopTimeoutMs: shutdownMs + 1_000,
    ready: () => askReady(opsPort),
    readyTimeoutMs,
    onSpawn: table.add("service"),
  }).catch((error: Error) => {
    throw failure.explain(error);
  });
}

async function askReady(opsPort: number): Promise<void> {
  const answer = await fetch(`http://${loopback}:${opsPort}/readyz`, { signal: AbortSignal.timeout(2_000) });
  if (answer.ok) {
    await answer.body?.cancel();
    return;
  }
  throw new Error(`it says: ${await answer.text()}`);
}

/** A service refuses variables that it does not know, and this shell may hold another's. */
function withoutOurs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("KISMET_")));
}

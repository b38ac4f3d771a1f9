import { type DomainService, domainServices, upstreamKey } from "@kismet/contracts";
import { serviceEnvironment, startMailCatcher, type MailCatcher } from "@kismet/dev";
import type { App, Parts } from "@kismet/service-kit";
import {
  createWorld,
  MovedClock,
  startTestService,
  type System,
  type Teardown,
  type TestService,
  type World,
} from "@kismet/testing";
import type { TObject } from "typebox";

type Name = DomainService | "gateway";
type Module = { Config: TObject; buildApp: (parts: Parts) => Promise<App> };
type Settings = Record<string, string | number | boolean>;

/** All services in this process, on one clock that the test moves. */
export type WholeSystem = {
  /** What members and sign-ups of the other proofs ask for. */
  system: System;
  world: World;
  url: string;
  mail: MailCatcher;
  clock: MovedClock;
  start(name: Name): Promise<TestService<unknown>>;
  stop(name: Name): Promise<void>;
};

/** No limit is in the way, and providers are asked soon. */
const quick: Partial<Record<Name, Settings>> = {
  gateway: { limitScale: 10_000 },
  matching: { freeLikesPerDay: 10_000 },
  profile: { locationChangesPerDay: 10_000, farMoveIntervalMs: 0 },
  chat: { messagesPerMinute: 1_000_000, framesPerMinute: 1_000_000 },
  billing: { upkeepMs: 200 },
};

export async function startWholeSystem(
  t: Teardown,
  settings: Partial<Record<Name, Settings>> = {},
): Promise<WholeSystem> {
  const world = await createWorld(t, { realAuth: true });
  const mail = await startMailCatcher({ log: () => undefined });
  t.teardown(() => mail.stop());
  const clock = new MovedClock();
  const running = new Map<Name, TestService<unknown>>();
  const urls = new Map<DomainService, string>();

  async function start(name: Name): Promise<TestService<unknown>> {
    const folder = new URL(`../services/${name}/src/`, import.meta.url);
    const { Config } = (await import(new URL("config.ts", folder).href)) as Module;
    const { buildApp } = (await import(new URL("app.ts", folder).href)) as Module;
    const own = { ...settingsOf(name, world, mail, urls), ...quick[name], ...settings[name] };
    const service = await startTestService(t, world, {
      name,
      config: Config,
      buildApp: (parts) => buildApp(parts as Parts),
      settings: { ...own, logLevel: "silent" } as never,
      clock,
    });
    running.set(name, service);
    if (name !== "gateway") urls.set(name, service.url);
    return service;
  }

  await Promise.all(domainServices.map(start));
  const { url } = await start("gateway");
  return {
    system: { url, mail, world } as System,
    ...{ world, url, mail, clock, start },
    async stop(name) {
      await running.get(name)?.stop();
    },
  };
}

function settingsOf(name: Name, world: World, mail: MailCatcher, urls: Map<DomainService, string>): Settings {
  const variables = serviceEnvironment(name, {
    env: "test",
    port: 0,
    opsPort: 0,
    databaseUrl: name === "gateway" ? "" : world.databaseUrl(name),
    natsUrl: world.natsUrl,
    redisUrl: world.redisUrl,
    smtpUrl: `smtp://127.0.0.1:${mail.smtpPort}`,
    publicUrl: "http://127.0.0.1:8080",
    urlOf: (service) => urls.get(service) ?? "http://127.0.0.1:9",
    secret: (secret) => Buffer.from(`${secret} of a test, long enough to be one`).toString("base64url"),
  });
  const keyOf = (variable: string) =>
    variable
      .slice("KISMET_".length)
      .toLowerCase()
      .replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const upstreams = Object.fromEntries(
    domainServices.map((each) => [upstreamKey(each), urls.get(each) ?? ""]),
  );
  return {
    ...Object.fromEntries(Object.entries(variables).map(([variable, value]) => [keyOf(variable), value])),
    ...(name === "gateway" ? upstreams : {}),
  };
}

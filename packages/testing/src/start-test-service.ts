import type { Member, ServiceName } from "@kismet/contracts";
import { type App, type Clock, createParts, launch, loadConfig, type Parts } from "@kismet/service-kit";
import type { Static, TObject } from "typebox";
import { environmentOf } from "./environment-of.ts";
import type { Teardown, World } from "./world.ts";

export type TestService<C> = {
  app: App;
  parts: Parts<C>;
  /** Of the public listener. */
  url: string;
  opsUrl: string;
  stop(): Promise<void>;
};

/** Starts a service inside the test's process, in every other way as `runService` does; stopped at teardown. */
export async function startTestService<S extends TObject>(
  t: Teardown,
  world: World,
  service: {
    name: ServiceName;
    config: S;
    buildApp: (parts: Parts<Static<S>>) => Promise<App>;
    settings?: Partial<Static<S>>;
    clock?: Clock;
  },
): Promise<TestService<Static<S>>> {
  const { name, config, buildApp, settings, clock } = service;
  const environment = environmentOf(config, { ...world.settings(name), ...settings });
  const parts = createParts(name, loadConfig(config, environment), clock ? { clock } : {});
  const app = await buildApp(parts);
  const running = await launch(parts, app);
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= running.stop());
  t.teardown(stop);
  return { app, parts, url: running.url, opsUrl: running.opsUrl, stop };
}

/** A good access token, in a world without the real auth. */
export function memberToken(world: World, member: Partial<Member> = {}): string {
  return world.signer.token(member);
}

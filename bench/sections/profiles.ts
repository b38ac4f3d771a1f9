import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { LoadResult } from "../load/measure.ts";
import { type Profile, readProfile } from "../report/read-profile.ts";
import { type Spawned, spawnPeer } from "../system/spawn-process.ts";
import type { System } from "../system/start-system.ts";
import { loadProxy, startGateway } from "./gateway.ts";
import { concurrency } from "./plan.ts";
import type { Section } from "./rounds.ts";
import { startSwiping } from "./swipes.ts";

export type Profiles = { gateway: Profile; matching: Profile };

/** In runs of their own, since a process that is being sampled is slower. */
export async function takeProfiles({ system, plan, progress }: Section): Promise<Profiles> {
  const shape = { workers: concurrency, warmMs: 1_000, warmUp: plan.warmUp, measureMs: plan.profileMs };
  progress("profile of the gateway");
  const upstream = await spawnPeer("upstream", [], system);
  const gateway = await profiled(system, "gateway", async (folder) => {
    const process = await startGateway(system, upstream.url, folder);
    return { process, load: () => loadProxy(system, process, "member", [shape]) };
  });
  await upstream.stop();
  progress("profile of matching");
  const matching = await profiled(system, "matching", async (folder) => {
    const { matching: process, load } = await startSwiping(system, folder);
    return { process, load: () => load([shape]) };
  });
  return { gateway, matching };
}

async function profiled(
  system: System,
  name: string,
  start: (folder: string) => Promise<{ process: Spawned; load(): Promise<LoadResult[]> }>,
): Promise<Profile> {
  const folder = join(system.folder, `profile-${name}`);
  mkdirSync(folder);
  const { process, load } = await start(folder);
  const [result] = await load();
  // The profile is written when the process ends.
  await process.stop();
  const [file] = readdirSync(folder).filter((entry) => entry.endsWith(".cpuprofile"));
  if (file === undefined || !result) throw new Error(`${name} left no profile`);
  return readProfile(join(folder, file), result.window);
}

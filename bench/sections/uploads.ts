import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { newId } from "@kismet/testing";
import { runProgram } from "../load/run-load.ts";
import { residentBytes } from "../system/memory.ts";
import { type Spawned, spawnPeer, spawnService } from "../system/spawn-process.ts";
import type { System } from "../system/start-system.ts";
import { unrefusing } from "./gateway.ts";
import type { Section } from "./rounds.ts";

/** Resident memory in bytes: of a process that has just started, and the most while the uploads pass; how long they took. */
export type Uploads = { name: string; idle: number; most: number; seconds: number };

const restMs = 1_000;
const sampleMs = 20;

export async function benchUploads({ system, plan, progress }: Section): Promise<Uploads[]> {
  progress(`memory: ${plan.uploads} uploads at once`);
  const sink = await spawnPeer("sink", [], system);
  const found: Uploads[] = [];
  for (const [name, start] of proxies) {
    const proxy = await start(system, sink.url);
    await delay(restMs);
    const idle = residentBytes(proxy.pid);
    const { most, seconds } = await upload(system, proxy, plan.uploads);
    found.push({ name, idle, most, seconds });
    await proxy.stop();
  }
  await sink.stop();
  return found;
}

const proxies: [string, (system: System, sinkUrl: string) => Promise<Spawned>][] = [
  ["gateway", startGateway],
  ["@fastify/http-proxy", (system, sinkUrl) => spawnPeer("bare-proxy", [sinkUrl], system)],
];

function startGateway(system: System, sinkUrl: string): Promise<Spawned> {
  const main = fileURLToPath(new URL("../peers/upload-gateway-main.ts", import.meta.url));
  return spawnService("gateway", unrefusing(system, sinkUrl), { ...system, name: "gateway-uploads", main });
}

async function upload(
  system: System,
  proxy: Spawned,
  count: number,
): Promise<{ most: number; seconds: number }> {
  let most = residentBytes(proxy.pid);
  const sampling = setInterval(() => (most = Math.max(most, residentBytes(proxy.pid))), sampleMs);
  try {
    const token = system.signer.token({ memberId: newId() });
    const { seconds } = await runProgram<{ seconds: number }>(
      "upload-load",
      { origin: proxy.url, count, token },
      system.cleanup,
    );
    return { most, seconds };
  } finally {
    clearInterval(sampling);
  }
}

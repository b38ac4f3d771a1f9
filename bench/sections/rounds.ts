import type { LoadResult, LoadShape } from "../load/measure.ts";
import type { System } from "../system/start-system.ts";
import { concurrency, pacedRate, type Plan } from "./plan.ts";

/** One of those that are compared: puts a load on itself. */
export type Contestant = { name: string; run(shape: Omit<LoadShape, "pids">): Promise<LoadResult> };

export type Loads = "saturated" | "paced";
/** By load and contestant, one for each round. */
export type Rounds = Record<Loads, Map<string, LoadResult[]>>;

/** All take their turn in each round, in every other round backwards, so that what changes with time strikes all. */
export async function runRounds(
  plan: Plan,
  contestants: readonly Contestant[],
  loads: readonly Loads[] = ["saturated", "paced"],
): Promise<Rounds> {
  const { rounds, warmUpMs, settleMs } = plan;
  const results: Rounds = { saturated: new Map(), paced: new Map() };
  if (warmUpMs > 0) {
    for (const { run } of contestants) await run({ workers: concurrency, warmMs: 0, measureMs: warmUpMs });
  }
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? contestants : contestants.toReversed();
    for (const { name, run } of order) {
      for (const load of loads) {
        const shape = { workers: concurrency, warmMs: settleMs };
        const result =
          load === "saturated"
            ? await run({ ...shape, measureMs: plan.saturatedMs })
            : await run({ ...shape, measureMs: plan.pacedMs, rate: pacedRate });
        results[load].set(name, [...(results[load].get(name) ?? []), result]);
      }
    }
  }
  return results;
}

export type Section = { system: System; plan: Plan; progress: (line: string) => void };

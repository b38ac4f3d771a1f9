import type { LoadResult, LoadShape } from "../load/measure.ts";
import type { System } from "../system/start-system.ts";
import { concurrency, pacedRate, type Plan } from "./plan.ts";

/** One of those that are compared: puts a load on itself. */
export type Contestant = { name: string; run(shapes: readonly Shape[]): Promise<LoadResult[]> };
export type Shape = Omit<LoadShape, "pids">;

export type Loads = "saturated" | "paced";
/** By load and contestant, one for each round. */
export type Rounds = Record<Loads, Map<string, LoadResult[]>>;

/** All take their turn in each round, in every other round backwards, so that what changes with time strikes all. */
export async function runRounds(plan: Plan, contestants: readonly Contestant[]): Promise<Rounds> {
  const { rounds, warmUp, settleMs, saturatedMs, pacedMs } = plan;
  const rounded: Rounds = { saturated: new Map(), paced: new Map() };
  const shape = { workers: concurrency, warmMs: settleMs };
  for (const { run } of contestants) await run([{ ...shape, warmUp, measureMs: 0 }]);
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? contestants : contestants.toReversed();
    for (const { name, run } of order) {
      const [saturated, paced] = await run([
        { ...shape, measureMs: saturatedMs },
        { ...shape, measureMs: pacedMs, rate: pacedRate },
      ]);
      if (!saturated || !paced) throw new Error("each load has a result");
      add(rounded.saturated, name, saturated);
      add(rounded.paced, name, paced);
    }
  }
  return rounded;
}

function add(results: Map<string, LoadResult[]>, name: string, result: LoadResult): void {
  results.set(name, [...(results.get(name) ?? []), result]);
}

export type Section = { system: System; plan: Plan; progress: (line: string) => void };

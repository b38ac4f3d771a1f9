import type { Answer } from "./auth-world.ts";

/** Two kinds of requests that must not be told apart. */
export type Pair = {
  what: string;
  /** In the first round; each further one, only asked for by an alarm, takes twice as many. */
  samples: number;
  a: (i: number) => Promise<Answer>;
  b: (i: number) => Promise<Answer>;
};

const maxRounds = 3;
/** Of a two-sided normal: a false alarm in 1,000 rounds, and so in 1,000,000,000 that end with one. */
const alarmAt = 3.29;

/**
 * How far the ranks of two samples lie apart, in standard deviations (Mann and Whitney 1947, normal approximation): says
 * nothing of their shape, and isn't moved by a few requests that a busy machine held up.
 */
export function rankDistance(a: readonly number[], b: readonly number[]): number {
  const all = [...a.map((ms) => ({ ms, isA: true })), ...b.map((ms) => ({ ms, isA: false }))];
  all.sort((x, y) => x.ms - y.ms);
  const rankSum = all.reduce((sum, { isA }, i) => sum + (isA ? i + 1 : 0), 0);
  const u = rankSum - (a.length * (a.length + 1)) / 2;
  const mean = (a.length * b.length) / 2;
  return (u - mean) / Math.sqrt((mean * (a.length + b.length + 1)) / 6);
}

/** Whether their times can be told apart: in each of several rounds, of more and more samples. */
export async function canBeToldApart(
  { samples: first, a, b }: Pair,
  random: () => number,
): Promise<number | undefined> {
  let distance = 0;
  for (let round = 0, begun = 0; round < maxRounds; round += 1) {
    const samples = first * 2 ** round;
    const [ofA, ofB]: [number[], number[]] = [[], []];
    for (let i = 0; i < samples; i += 1) {
      // Next to each other, and in an order that is drawn: whatever else the machine does hits both alike.
      const order = random() < 0.5 ? [true, false] : [false, true];
      for (const isA of order) (isA ? ofA : ofB).push(await timeOf(() => (isA ? a : b)(begun + i)));
    }
    begun += samples;
    distance = rankDistance(ofA, ofB);
    if (Math.abs(distance) < alarmAt) return undefined;
  }
  return distance;
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

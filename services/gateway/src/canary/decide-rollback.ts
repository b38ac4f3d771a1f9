/** Upper bounds of the classes of latency, in ms; the last class is what took longer. */
export const latencyBounds = [2, 5, 10, 20, 35, 50, 75, 100, 150, 200, 350, 500, 1_000, 2_000, 5_000];

export type VariantRecord = {
  requests: number;
  /** Answers of 500 and above, and those that never came. */
  errors: number;
  /** Of what was answered, by class of latency. */
  latencies: readonly number[];
};

export type Rollback = { because: "errors" | "latency"; detail: string };

/** Fewer say nothing. */
export const minRequests = 50;
/** Beyond chance: one comparison in 30,000, and one in millions. Latencies of neighbours hang together, errors less. */
const errorsZ = 4;
const latencyZ = 5;
/** And worth it: so many more of a hundred failed, or were slow. */
const errorsWorse = 0.02;
const slowWorse = 0.15;
/** With nothing to compare with, all members being at the canary. */
const errorsAtMost = 0.05;
/** What nine of ten stable answers are faster than is slow. */
const slowShare = 0.1;

/** Whether the canary is worse than the stable instances, beyond chance and by enough to matter. */
export function decideRollback(stable: VariantRecord, canary: VariantRecord): Rollback | undefined {
  if (canary.requests < minRequests) return undefined;
  const [failed, failedThere] = [shareOf(canary), shareOf(stable)];
  const say = (share: number) => `${(share * 100).toFixed(1)} %`;
  if (stable.requests < minRequests) {
    const isBad = failed > errorsAtMost && isBeyondChance(errorsAtMost, failed, canary.requests, errorsZ);
    return isBad ? { because: "errors", detail: `${say(failed)} of its requests failed` } : undefined;
  }
  if (
    failed - failedThere > errorsWorse &&
    zOf(canary.errors, canary.requests, stable.errors, stable.requests) > errorsZ
  ) {
    return {
      because: "errors",
      detail: `${say(failed)} of its requests failed, of the others' ${say(failedThere)}`,
    };
  }
  return decideByLatency(stable, canary, say);
}

function decideByLatency(
  stable: VariantRecord,
  canary: VariantRecord,
  say: (share: number) => string,
): Rollback | undefined {
  const [all, allThere] = [sum(canary.latencies), sum(stable.latencies)];
  if (all < minRequests || allThere < minRequests) return undefined;
  // The first class above which no more than a tenth of the stable answers lie.
  let from = stable.latencies.length;
  let slowThere = 0;
  while (from > 1 && slowThere + (stable.latencies[from - 1] ?? 0) <= allThere * slowShare) {
    from -= 1;
    slowThere += stable.latencies[from] ?? 0;
  }
  const slow = sum(canary.latencies.slice(from));
  const isWorse = slow / all - slowThere / allThere > slowWorse;
  if (!isWorse || zOf(slow, all, slowThere, allThere) <= latencyZ) return undefined;
  const bound = latencyBounds[from - 1] ?? 0;
  return {
    because: "latency",
    detail: `${say(slow / all)} of its answers took more than ${bound} ms, of the others' ${say(slowThere / allThere)}`,
  };
}

const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);
const shareOf = ({ errors, requests }: VariantRecord) => (requests === 0 ? 0 : errors / requests);

/** Of two shares, by how many standard deviations the first is greater (the pooled test of two proportions). */
function zOf(hits: number, of: number, hitsThere: number, ofThere: number): number {
  const pooled = (hits + hitsThere) / (of + ofThere);
  const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / of + 1 / ofThere));
  return deviation === 0 ? 0 : (hits / of - hitsThere / ofThere) / deviation;
}

function isBeyondChance(expected: number, share: number, of: number, z: number): boolean {
  return (share - expected) / Math.sqrt((expected * (1 - expected)) / of) > z;
}

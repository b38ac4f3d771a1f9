import type { LoadResult } from "../load/measure.ts";

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** A figure of one round; null where it can't be told. */
export type Figure = (result: LoadResult) => number | null;

export const perSecond: Figure = ({ operations, seconds }) => operations / seconds;
export const p50: Figure = (result) => result.p50;
export const p99: Figure = (result) => result.p99;
/** CPU time of the named processes for one operation, in microseconds. */
export function cpuUs(...names: string[]): Figure {
  return ({ cpuMs, operations }) => {
    let sum = 0;
    for (const name of names) {
      const used = cpuMs[name];
      if (used === null || used === undefined) return null;
      sum += used;
    }
    return (sum * 1_000) / operations;
  };
}

export function medianOf(rounds: readonly LoadResult[], figure: Figure): number | null {
  const values = rounds.map(figure);
  return values.some((value) => value === null) ? null : median(values as number[]);
}

export type Ratio = { median: number; low: number; high: number };

/** Of each round the ratio of the two, measured next to each other; their median and extremes. */
export function ratioOf(
  rounds: readonly LoadResult[],
  reference: readonly LoadResult[],
  figure: Figure,
): Ratio | null {
  const ratios: number[] = [];
  for (const [i, result] of rounds.entries()) {
    const [one, other] = [figure(result), reference[i] && figure(reference[i])];
    if (one === null || other === null || other === undefined) return null;
    ratios.push(one / other);
  }
  return { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
}

export function number(value: number | null, digits = 0): string {
  if (value === null || !Number.isFinite(value)) return "-";
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function ratio(value: Ratio | null): string {
  if (value === null) return "-";
  const [middle, low, high] = [value.median, value.low, value.high].map((each) => each.toFixed(2));
  return low === high ? `${middle}` : `${middle} (${low} to ${high})`;
}

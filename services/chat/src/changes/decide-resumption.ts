/** What a client may do that knows a feed up to `since`; undefined for one that knows nothing of it. */
export type Resumption = { next: number; fullSync: boolean };

/**
 * It follows from where it was, unless it never was anywhere, claims to know what has not happened (a restored backup),
 * missed entries that are no longer kept, or missed so many that reading everything anew is the shorter way.
 */
export function decideResumption(
  since: number | undefined,
  { head, nextKept }: { head: number; nextKept: number | undefined },
  maxMissed: number,
): Resumption {
  const fullSync = { next: head, fullSync: true };
  if (since === undefined || since > head || head - since > maxMissed) return fullSync;
  if (since < head && nextKept !== since + 1) return fullSync;
  return { next: since, fullSync: false };
}

export type TotpFacts = {
  /** The time step of now. */
  current: number;
  /** How many steps off the code's is, or null if it is of none that counts. */
  delta: number | null;
  /** Of the last code that was taken. */
  lastStep: number;
};

/** The step that the code uses up; undefined if it is wrong, or was seen before (RFC 6238, 5.2: once only). */
export function decideTotp({ current, delta, lastStep }: TotpFacts): number | undefined {
  if (delta === null) return undefined;
  const step = current + delta;
  return step > lastStep ? step : undefined;
}

/**
 * Whether an authenticator's counter has gone on (Web Authentication, 6.1.1). One that keeps none always says 0, as
 * passkeys do that are copied between devices; once it has counted, a value that was seen before is that of a copy.
 */
export function decideCounter(stored: number, presented: number): "ok" | "regressed" {
  if (stored === 0 && presented === 0) return "ok";
  return presented > stored ? "ok" : "regressed";
}

type Told = { status: "active" | "ended"; cancelAtPeriodEnd: boolean; periodEndsAt: Date };

/**
 * Whether a subscription stands in the way of another one. One that was to end with its period is over at that
 * moment, even if the provider has not said so yet; one that may be renewed is not.
 */
export function isRunning({ status, cancelAtPeriodEnd, periodEndsAt }: Told, now: Date): boolean {
  return status === "active" && !(cancelAtPeriodEnd && periodEndsAt <= now);
}

const dayMs = 86_400_000;

type Looked = { now: Date; patienceMs: number };

/** When to ask again about a checkout that nobody has paid: ever less often, as it grows old. */
export function decideNextCheckoutLook(createdAt: Date, { now, patienceMs }: Looked): Date {
  return later(now, Math.max(patienceMs, (now.getTime() - createdAt.getTime()) / 2));
}

/**
 * When to ask about a subscription of which no webhook comes: after the end of its period, and each day before that,
 * since it can be cancelled or refunded at the provider's own site; past its end ever less often. Null once it has
 * ended.
 */
export function decideNextSubscriptionLook(
  { status, periodEndsAt }: { status: "active" | "ended"; periodEndsAt: Date },
  { now, patienceMs }: Looked,
): Date | null {
  if (status === "ended") return null;
  const untilEndMs = periodEndsAt.getTime() - now.getTime();
  if (untilEndMs > 0) return later(now, Math.min(dayMs, untilEndMs + patienceMs));
  return later(now, Math.min(dayMs, Math.max(patienceMs, -untilEndMs / 2)));
}

function later(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}

import { DeadlineExceeded, PublicError, Unavailable } from "@kismet/service-kit";

/** How long an upstream that has just gone is waited for: about what a restart takes. */
export const restartPatienceMs = 8_000;
const maxAttempts = 20;
/** At other instances, when some of several are gone. */
const promptAttempts = 3;
const firstWaitMs = 40;
const maxWaitMs = 400;

/** Nothing of the request has been sent: sending it elsewhere, or again, can do no harm. */
export function wasNeverSent(error: unknown): boolean {
  const { code, syscall } = causeOf(error);
  if (code === "ECONNRESET") return syscall === "connect";
  return ["ECONNREFUSED", "UND_ERR_CONNECT_TIMEOUT", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH"].includes(
    code ?? "",
  );
}

/** The connection broke after it may have been sent. */
export function wasCutOff(error: unknown): boolean {
  return ["ECONNRESET", "EPIPE", "UND_ERR_SOCKET", "UND_ERR_DESTROYED", "UND_ERR_CLOSED"].includes(
    causeOf(error).code ?? "",
  );
}

export type Failure = {
  error: unknown;
  /** From 0. */
  attempt: number;
  /** Whether the body can be sent again: a stream can't. */
  replayable: boolean;
  /** Whether doing it twice can do no harm. */
  idempotent: boolean;
  /** Whether the upstream went away only a moment ago. */
  restarting: boolean;
  remainingMs: number;
};

/** After how long to try again, or null for not at all. Half of the wait is drawn, so that callers spread out. */
export function decideRetry(failure: Failure, random: () => number): number | null {
  const { error, attempt, replayable, idempotent, restarting, remainingMs } = failure;
  const refusedByBreaker = error instanceof Unavailable;
  const mayRepeat = wasNeverSent(error) || refusedByBreaker || (idempotent && wasCutOff(error));
  if (!mayRepeat || !replayable || attempt + 1 >= maxAttempts) return null;
  // An upstream that has been away for long is down: who asks is told at once.
  if (!restarting && (refusedByBreaker || attempt >= promptAttempts)) return null;
  const bound = Math.min(maxWaitMs, firstWaitMs * 2 ** attempt);
  const waitMs = attempt === 0 ? 1 : bound / 2 + (random() * bound) / 2;
  return waitMs < remainingMs ? Math.ceil(waitMs) : null;
}

/** What the client is told of a request that no upstream answered. */
export function asPublicFailure(error: unknown): PublicError {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof PublicError) return cause;
    if ((cause as { code?: unknown }).code === "UND_ERR_HEADERS_TIMEOUT") return new DeadlineExceeded(error);
  }
  return new Unavailable(error);
}

function causeOf(error: unknown): { code?: string; syscall?: string } {
  return error instanceof Error ? (error as { code?: string; syscall?: string }) : {};
}

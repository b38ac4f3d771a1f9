import { Readable } from "node:stream";
import { isCallersAffair } from "@kismet/service-kit";
import type { FastifyRequest } from "fastify";
import type { Upstream } from "../proxy/upstream.ts";

export type Attempt = {
  isError: boolean;
  begunAt: number;
  /** Of an answer to a request: upgrades take another time, by whose share a variant is not judged. */
  latencyMs?: number;
};

/** Tells of each try what came of it, unless that was its caller's affair. */
export function countAttempts(upstream: Upstream, tell: (attempt: Attempt) => void): Upstream {
  return {
    ...upstream,
    async send(request, relay) {
      const begunAt = performance.now();
      try {
        await upstream.send(request, relay);
        tell({ isError: relay.status >= 500, begunAt, latencyMs: performance.now() - begunAt });
      } catch (error) {
        if (!isCallersAffair(error)) tell({ isError: true, begunAt });
        throw error;
      }
    },
    reportAnswer(status) {
      upstream.reportAnswer(status);
      tell({ isError: status >= 500, begunAt: performance.now() });
    },
    reportFailure(url) {
      upstream.reportFailure(url);
      tell({ isError: true, begunAt: performance.now() });
    },
  };
}

/** Of the time that the route gives. With less a service that is well may answer that its time was up. */
const fairShare = 0.8;

/**
 * Whether what comes of a request is its upstream's doing alone. Else anybody could have a canary taken back, or a bad one
 * kept: by a deadline that can't be met, by sending a body so slowly that no time is left, or by one that is still
 * being sent, whose pace and end are its sender's.
 */
export function isFairTrial({ requestContext, routeOptions, body }: FastifyRequest): boolean {
  const timeoutMs = routeOptions.config.policy?.timeoutMs ?? 0;
  return requestContext.deadline.remainingMs() >= timeoutMs * fairShare && !(body instanceof Readable);
}

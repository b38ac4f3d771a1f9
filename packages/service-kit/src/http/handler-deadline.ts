import type { FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import { DeadlineExceeded } from "../errors/kit-errors.ts";

/**
 * Answers DEADLINE_EXCEEDED once the time is over, whatever the handler still waits for. The handler is not stopped:
 * its own calls end by the same deadline.
 */
export function withinDeadlineOf(handler: RouteOptions["handler"]): RouteOptions["handler"] {
  return async function raced(this, request: FastifyRequest, reply: FastifyReply) {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      const { deadline } = request.requestContext;
      timer = setTimeout(() => reject(new DeadlineExceeded()), deadline.remainingMs());
    });
    try {
      return await Promise.race([handler.call(this, request, reply), timeout]);
    } finally {
      clearTimeout(timer);
    }
  };
}

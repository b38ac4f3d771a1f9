import { type Readable, Transform } from "node:stream";
import { BodyTooLarge, readBounded } from "@kismet/service-kit";
import type { FastifyRequest } from "fastify";

/**
 * Bodies of routes that allow no more than this are held, so that the request can be sent again when an instance goes
 * away; larger ones pass through as they come, counted, never held.
 */
export const heldBodyLimit = 64 * 1_024;

export type Body = Buffer | Readable;

export async function readBody(request: FastifyRequest, payload: Readable): Promise<Body> {
  const limit = request.policy?.bodyLimit ?? 0;
  if (Number(request.headers["content-length"] ?? 0) > limit) throw new BodyTooLarge();
  return limit <= heldBodyLimit
    ? readBounded(payload, limit, () => new BodyTooLarge())
    : payload.pipe(countedUpTo(limit));
}

function countedUpTo(limit: number): Transform {
  let length = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      length += chunk.length;
      if (length > limit) done(new BodyTooLarge());
      else done(null, chunk);
    },
  });
}

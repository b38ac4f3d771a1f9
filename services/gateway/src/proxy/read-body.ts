import { type Readable, Transform } from "node:stream";
import { BodyTooLarge } from "@kismet/service-kit";
import type { FastifyRequest } from "fastify";

/**
 * Bodies of routes that allow no more than this are held, so that the request can be sent again when an instance goes
 * away; larger ones pass through as they come, counted, never held.
 */
export const heldBodyLimit = 64 * 1_024;

export type Body = Buffer | Readable;

export async function readBody(request: FastifyRequest, payload: Readable): Promise<Body> {
  const limit = request.routeOptions.config.policy?.bodyLimit ?? 0;
  if (Number(request.headers["content-length"] ?? 0) > limit) throw new BodyTooLarge();
  return limit <= heldBodyLimit ? hold(payload, limit) : payload.pipe(countedUpTo(limit));
}

async function hold(payload: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of payload as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
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

import type { IncomingHttpHeaders } from "node:http";
import type { RoutePolicy } from "@kismet/contracts";
import type { FastifyReply, FastifyRequest } from "fastify";
import { endWith, writeHead } from "../proxy/answered-headers.ts";
import { compress } from "./compress.ts";
import { decideEncoding, type Encoding, isKnown } from "./decide-encoding.ts";
import { tagOf } from "./tag-of.ts";

/** What is to be done with an answer once all of it is there; answers that are larger pass through as they come. */
export type Shape = { encoding: Encoding | undefined; isPolled: boolean; ifNoneMatch: string | undefined };

export const maxWholeBytes = 512 * 1_024;
/** Below it the answer fits into a packet as it is. */
const leastCompressedBytes = 1_024;
const json = /^application\/([a-z.-]+\+)?json\b/;

/** By the route's policy and what the client says that it can read or has; undefined, as nearly always, for nothing. */
export function shapeOf(policy: RoutePolicy, { headers }: FastifyRequest): Shape | undefined {
  const isPolled = policy.poll === true;
  const encoding = policy.compress === true ? decideEncoding(headers["accept-encoding"]) : undefined;
  if (!isPolled && encoding === undefined) return undefined;
  return { encoding, isPolled, ifNoneMatch: headers["if-none-match"] };
}

export function canBeShaped(status: number, headers: IncomingHttpHeaders): boolean {
  return (
    status === 200 &&
    headers["content-encoding"] === undefined &&
    json.test(headers["content-type"] ?? "") &&
    Number(headers["content-length"] ?? 0) <= maxWholeBytes
  );
}

/** Answers 304 if the client has it, else compresses it if that pays. Changes the headers to what is answered. */
export function sendWhole(
  reply: FastifyReply,
  headers: IncomingHttpHeaders,
  body: Buffer,
  { encoding, isPolled, ifNoneMatch }: Shape,
): void {
  if (isPolled) {
    const tag = tagOf(body);
    headers.etag = tag;
    // Kept by the client alone, and asked about each time.
    if (headers["cache-control"] === "no-store") headers["cache-control"] = "private, no-cache";
    if (isKnown(ifNoneMatch, tag)) {
      delete headers["content-length"];
      delete headers["content-type"];
      write(reply, 304, headers, undefined);
      return;
    }
  }
  if (encoding === undefined || body.length < leastCompressedBytes) return sendBody(reply, headers, body);
  compress[encoding](body)
    .then((packed) => {
      if (packed.length >= body.length) return sendBody(reply, headers, body);
      headers["content-encoding"] = encoding;
      sendBody(reply, headers, packed);
    })
    .catch(() => reply.raw.destroy());
}

function sendBody(reply: FastifyReply, headers: IncomingHttpHeaders, body: Buffer): void {
  headers["content-length"] = String(body.length);
  write(reply, 200, headers, body);
}

function write(
  reply: FastifyReply,
  status: number,
  headers: IncomingHttpHeaders,
  body: Buffer | undefined,
): void {
  // The client may have gone while it was compressed.
  if (reply.raw.destroyed) return;
  writeHead(reply, status, headers);
  if (body) endWith(reply, body);
  else reply.raw.end();
}

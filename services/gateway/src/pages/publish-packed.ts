import type { App } from "@kismet/service-kit";
import { appendHeader } from "../answers/append-header.ts";
import { compress } from "../answers/compress.ts";
import { decideEncoding, type Encoding, isKnown } from "../answers/decide-encoding.ts";
import { tagOf } from "../answers/tag-of.ts";

/** A document that is the same for everybody until the next release: packed once for each encoding, when it is asked for. */
export function publishPacked(app: App, path: string, document: object): void {
  const body = Buffer.from(JSON.stringify(document));
  const tag = tagOf(body);
  const packed = new Map<Encoding, Promise<Buffer>>();

  function packedBy(encoding: Encoding): Promise<Buffer> {
    const known = packed.get(encoding) ?? compress[encoding](body);
    packed.set(encoding, known);
    return known;
  }

  app.get(path, { exposeHeadRoute: true }, async (request, reply) => {
    appendHeader(reply, "vary", "accept-encoding");
    void reply.headers({ etag: tag, "cache-control": "no-cache" });
    if (isKnown(request.headers["if-none-match"], tag)) return reply.code(304).send();
    const encoding = decideEncoding(request.headers["accept-encoding"]);
    void reply.type("application/json");
    if (!encoding) return body;
    const answer = await packedBy(encoding);
    void reply.header("content-encoding", encoding);
    return answer;
  });
}

import type { FastifyInstance, FastifyRequest } from "fastify";
import { UnsupportedEncoding, ValidationFailed } from "../errors/kit-errors.ts";

/** Deeper than any body that Kismet has; recursion in whatever reads it stays bounded. */
export const maxBodyDepth = 16;

/** JSON is the only body read by default: refused if too deep or if it carries `__proto__`. Webhooks keep the bytes. */
export function acceptJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, bytes: Buffer, done) => {
    if (request.policy?.auth === "webhook") request.rawBody = bytes;
    // A client that names the type on a request without a body means no body.
    if (bytes.length === 0) return done(null, undefined);
    void parse(request, bytes.toString("utf8"), (error, body) => {
      if (error) done(error);
      else if (isDeeperThan(body, maxBodyDepth)) done(new ValidationFailed("The body is nested too deeply."));
      else done(null, body);
    });
  });
  app.addHook("preParsing", (request, _reply, payload, done) => {
    const encoding = request.headers["content-encoding"];
    if (encoding === undefined || encoding === "identity") done(null, payload);
    else done(new UnsupportedEncoding());
  });
  app.addHook("preValidation", refuseUnexpectedBody);
}

async function refuseUnexpectedBody(request: FastifyRequest): Promise<void> {
  const hasBody = request.body !== undefined && request.body !== null;
  const schema = request.routeOptions.schema as { body?: unknown } | undefined;
  if (hasBody && schema && schema.body === undefined)
    throw new ValidationFailed("This address takes no body.");
}

export function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth === 0) return true;
  return Object.values(value).some((item) => isDeeperThan(item, depth - 1));
}

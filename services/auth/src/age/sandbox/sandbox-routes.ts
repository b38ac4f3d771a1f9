/**
 * The sandbox: a provider of age checks for development. It plays another company: it is reached over HTTP, shows a page of
 * its own, on which the developer says what is found, and tells it by a signed request over HTTP. It keeps nothing.
 */
import { randomUUIDv7 } from "node:crypto";
import formbody from "@fastify/formbody";
import { type Day, literals, strict } from "@kismet/contracts";
import {
  type App,
  type Clock,
  createBreaker,
  pageAnswer,
  type Parts,
  sendPage,
  signatureFault,
  signBody,
} from "@kismet/service-kit";
import { type Static, Type } from "typebox";
import { LinkGone } from "../../pages/page-errors.ts";
import { AgeResultRefused } from "../age-errors.ts";
import { sandboxChecksPath, sandboxPagePath } from "../age-paths.ts";
import { ProviderCheck, ProviderRequest, type ProviderResult, signatureHeader } from "../age-provider.ts";
import { renderChoice, renderTold } from "./sandbox-page.ts";
import { readSandboxToken, sandboxRef, sandboxToken } from "./sandbox-token.ts";

const tags = ["auth"];
const toleranceSeconds = 300;
const tellTimeoutMs = 3_000;

const Token = Type.String({ minLength: 1, maxLength: 4_096, pattern: "^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$" });
const Choice = strict({
  check: Token,
  found: literals(["estimate", "document", "too_young", "inconclusive", "failed"]),
  years: Type.Optional(Type.String({ pattern: "^[0-9]{0,3}$", maxLength: 3 })),
  birthDate: Type.Optional(Type.String({ pattern: "^(\\d{4}-\\d{2}-\\d{2})?$", maxLength: 10 })),
});

const page = { auth: "public", bodyLimit: 8_192, timeoutMs: 5_000, page: true } as const;
const html = { 200: pageAnswer() };

type Sandbox = { secret: string; publicUrl: string; clock: Clock };
type Tell = (url: string, body: string, signature: string) => Promise<number>;

export function registerAgeSandbox(
  app: App,
  parts: Parts,
  { secret, publicUrl }: Omit<Sandbox, "clock">,
): void {
  const sandbox = { secret, publicUrl, clock: parts.clock };
  const breaker = createBreaker(parts, "age sandbox result", tell, { timeoutMs: tellTimeoutMs });
  serveChecks(app, sandbox);
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    await scope.register(formbody);
    servePage(scope as App, sandbox, (...args) => breaker.fire(...args));
  });
}

/** For us, who sign what we ask. */
function serveChecks(app: App, { secret, publicUrl, clock }: Sandbox): void {
  app.route({
    method: "POST",
    url: sandboxChecksPath,
    schema: {
      summary: "Ask for an age check (sandbox); signed",
      tags,
      body: ProviderRequest,
      response: { 201: ProviderCheck },
    },
    config: {
      policy: { auth: "webhook", limit: "webhook", bodyLimit: 8_192, timeoutMs: 3_000, idempotent: true },
    },
    handler: async ({ rawBody, headers, body }, reply) => {
      if (!rawBody) throw new AgeResultRefused("no body");
      const signed = { secret, rawBody, now: clock.now(), toleranceSeconds };
      const fault = signatureFault(headers[signatureHeader], signed);
      if (fault) throw new AgeResultRefused(fault);
      const redirectUrl = `${publicUrl}${sandboxPagePath}?check=${sandboxToken(secret, body)}`;
      return reply.code(201).send({ ref: sandboxRef(secret, body.reference), redirectUrl });
    },
  });
}

/** For whoever is to be checked. */
function servePage(app: App, sandbox: Sandbox, told: Tell): void {
  app.route({
    method: "GET",
    url: sandboxPagePath,
    schema: {
      summary: "Where one is checked (sandbox): the page",
      tags,
      querystring: strict({ check: Token }),
      response: html,
    },
    config: { policy: { ...page, limit: "read", idempotent: true } },
    handler: async ({ query }, reply) =>
      sendPage(reply, 200, renderChoice(openCheckOf(sandbox, query.check), query.check)),
  });

  app.route({
    method: "POST",
    url: sandboxPagePath,
    schema: { summary: "Say what is found (sandbox), and tell it", tags, body: Choice, response: html },
    config: { policy: { ...page, limit: "write", idempotent: false } },
    handler: async ({ body }, reply) => {
      const check = openCheckOf(sandbox, body.check);
      const result = JSON.stringify(resultOf(sandbox, check, body));
      const status = await told(
        check.resultUrl,
        result,
        signBody(sandbox.secret, result, sandbox.clock.now()),
      );
      return sendPage(reply, 200, renderTold(check, status));
    },
  });
}

function openCheckOf({ secret, clock }: Sandbox, token: string): ProviderRequest {
  const check = readSandboxToken(secret, token);
  if (!check || new Date(check.expiresAt) <= clock.now()) throw new LinkGone();
  return check;
}

function resultOf(
  { secret, clock }: Sandbox,
  { reference }: ProviderRequest,
  { found, years = "", birthDate = "" }: Static<typeof Choice>,
): ProviderResult {
  const decidedAt = clock.now().toISOString();
  const told = { id: randomUUIDv7(), reference, ref: sandboxRef(secret, reference), decidedAt };
  if (found === "estimate") return { ...told, found, years: Number(years) };
  return found === "document"
    ? { ...told, found, birthDate: birthDate as Static<typeof Day> }
    : { ...told, found };
}

async function tell(url: string, body: string, signature: string): Promise<number> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", [signatureHeader]: signature },
    body,
    redirect: "manual",
    signal: AbortSignal.timeout(tellTimeoutMs),
  });
  await answer.body?.cancel();
  if (answer.status >= 500) throw new Error(`it answers ${answer.status}`);
  return answer.status;
}

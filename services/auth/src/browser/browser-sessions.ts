import { type BrowserSession, CsrfToken, type Session } from "@kismet/contracts";
import type { App } from "@kismet/service-kit";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Digests, isEqual } from "../secrets/digests.ts";
import { RefreshRefused } from "../sessions/session-errors.ts";
import { CsrfRefused } from "./browser-errors.ts";
import { cookieOf, forgottenCookie, type PresentedCookie, readSessionCookie } from "./session-cookie.ts";

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);
const daySeconds = 86_400;

/**
 * Sessions of browsers: docs/adr/browser-sessions.md. Every answer of this service that is a session passes here, so
 * that a way to sign in can't forget the cookie; and every request that brings the cookie, so that a route can't forget
 * the check.
 */
export function serveBrowsers(
  app: App,
  { digests, refreshDays }: { digests: Digests; refreshDays: number },
): void {
  const csrfTokenOf = (sessionId: string) => digests.of("csrf token", sessionId);

  app.addHook("onRequest", async (request) => {
    const presented = presentedBy(request);
    if (!presented || safeMethods.has(request.method)) return;
    const given = String(request.headers["x-csrf-token"] ?? "");
    if (!isEqual(given, csrfTokenOf(presented.sessionId))) throw new CsrfRefused();
  });

  app.addHook("preSerialization", async (request, reply, payload) => {
    if (!isSession(payload)) return payload;
    // What came by cookie goes by cookie, whatever a script asks for: it would get the token out otherwise.
    if (!isBrowser(request) && !presentedBy(request)) return payload;
    const { refreshToken, ...session } = payload;
    void reply.header("set-cookie", cookieOf(refreshToken, refreshDays * daySeconds));
    return { ...session, csrfToken: csrfTokenOf(session.sessionId) } satisfies BrowserSession;
  });

  app.route({
    method: "GET",
    url: "/v1/auth/csrf",
    schema: {
      summary: "What requests by cookie must carry in x-csrf-token, for a page that was loaded anew",
      tags: ["auth"],
      response: { 200: CsrfToken },
    },
    config: {
      policy: {
        auth: "public",
        limit: "read",
        bodyLimit: 1_024,
        timeoutMs: 3_000,
        idempotent: true,
        cookie: true,
      },
    },
    handler: async (request) => {
      const presented = presentedBy(request);
      if (!presented) throw new RefreshRefused();
      return { csrfToken: csrfTokenOf(presented.sessionId) };
    },
  });
}

/** The cookie of a request to a route that takes one; the kit takes it away from all others. */
export function presentedBy(request: FastifyRequest): PresentedCookie | undefined {
  return readSessionCookie(request.headers.cookie);
}

export function forgetCookie(request: FastifyRequest, reply: FastifyReply): void {
  if (isBrowser(request)) void reply.header("set-cookie", forgottenCookie);
}

function isBrowser(request: FastifyRequest): boolean {
  return request.headers["x-kismet-client"] === "browser";
}

function isSession(payload: unknown): payload is Session {
  return typeof payload === "object" && payload !== null && "refreshToken" in payload;
}

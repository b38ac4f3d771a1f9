import { Empty, RefreshRequest, Session, SessionList, strict, Uuid } from "@kismet/contracts";
import { type App, NotFound } from "@kismet/service-kit";
import { lockAccount } from "../accounts/accounts-repository.ts";
import type { Atlas } from "../signin/atlas.ts";
import { forgetCookie, presentedBy } from "../browser/browser-sessions.ts";
import { forgetDevices } from "../signin/devices-repository.ts";
import { tellEnded } from "./end-sessions.ts";
import { refreshSession } from "./refresh-session.ts";
import type { SessionDeps } from "./session-deps.ts";
import { endAllSessions, endSession, findSession, listRunning } from "./sessions-repository.ts";
import { credential, ownChanging } from "../route-policies.ts";

const tags = ["auth"];
/** More than a member can have. */
const listLimit = 100;

export function registerSessionRoutes(app: App, deps: SessionDeps & { atlas: Atlas }): void {
  const { database, clock } = deps;

  app.route({
    method: "POST",
    url: "/v1/auth/refresh",
    schema: { summary: "Continue a session", tags, body: RefreshRequest, response: { 200: Session } },
    // The same one again gets the same answer.
    config: { policy: { ...credential, idempotent: true, cookie: true } },
    handler: (request) => {
      const token = presentedBy(request)?.refreshToken ?? request.body.refreshToken ?? "";
      return refreshSession(deps, token, deps.atlas.placeOf(request.ip).country);
    },
  });

  app.route({
    method: "GET",
    url: "/v1/auth/sessions",
    schema: { summary: "The devices on which I am signed in", tags, response: { 200: SessionList } },
    config: { policy: { ...ownChanging, limit: "read" } },
    handler: async ({ member: { memberId, sessionId } }) => {
      const running = await listRunning(database.read, memberId, clock.now(), listLimit);
      const items = running.map(({ id, deviceName, place, methods, createdAt, rotatedAt }) => ({
        id,
        deviceName,
        place,
        methods,
        createdAt: createdAt.toISOString(),
        lastSeenAt: rotatedAt.toISOString(),
        current: id === sessionId,
      }));
      return { items, nextCursor: null };
    },
  });

  app.route({
    method: "DELETE",
    url: "/v1/auth/sessions/:id",
    schema: {
      summary: "Sign a device out",
      tags,
      params: strict({ id: Uuid }),
      response: { 204: Empty },
    },
    config: { policy: ownChanging },
    handler: async ({ member: { memberId, sessionId }, params: { id } }, reply) => {
      const ended = await end(deps, memberId, { id, forgetting: { exceptThatOf: sessionId } });
      if (ended.length === 0) throw new NotFound();
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "POST",
    url: "/v1/auth/logout",
    schema: { summary: "Sign this device out", tags, response: { 204: Empty } },
    config: { policy: ownChanging },
    handler: async (request, reply) => {
      const { memberId, sessionId } = request.member;
      await end(deps, memberId, { id: sessionId });
      forgetCookie(request, reply);
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "POST",
    url: "/v1/auth/logout-all",
    schema: { summary: "Sign all my devices out, this one included", tags, response: { 204: Empty } },
    config: { policy: ownChanging },
    handler: async (request, reply) => {
      const { memberId, sessionId } = request.member;
      await end(deps, memberId, { forgetting: { exceptThatOf: sessionId } });
      forgetCookie(request, reply);
      return reply.code(204).send(null);
    },
  });
}

type Ending = {
  /** Without one all of them. */
  id?: string;
  /** Who signs a device out from another one may have lost it: it is new again. */
  forgetting?: { exceptThatOf: string };
};

async function end(
  { database, clock }: SessionDeps,
  memberId: string,
  { id, forgetting }: Ending,
): Promise<string[]> {
  return database.transaction(async (tx) => {
    const now = clock.now();
    await lockAccount(tx, memberId);
    if (forgetting) {
      const here = (await findSession(tx, forgetting.exceptThatOf))?.deviceId ?? null;
      const there = id === undefined ? undefined : (await findSession(tx, id))?.deviceId;
      if (id === undefined) await forgetDevices(tx, memberId, { except: here });
      else if (there && there !== here) await forgetDevices(tx, memberId, { only: [there] });
    }
    const ended =
      id === undefined ? await endAllSessions(tx, memberId, now) : await endSession(tx, memberId, id, now);
    await tellEnded(tx, memberId, ended, now);
    return ended;
  });
}

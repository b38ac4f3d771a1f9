import type { Bus } from "@kismet/bus";
import { maxNoteLength, SwipeAnswer, SwipeRequest, UndoneSwipe } from "@kismet/contracts";
import { type App, lengthOf, normaliseText, ValidationFailed } from "@kismet/service-kit";
import { superlike } from "../superlikes/superlike.ts";
import type { Wish } from "./decide-swipe.ts";
import { swipe, type SwipeDeps } from "./swipe.ts";
import { NoteRefused, SelfSwipe } from "./swipes-errors.ts";
import { undoLastSwipe } from "./undo-last-swipe.ts";

export function registerSwipesRoutes(app: App, deps: SwipeDeps & { bus: Bus }): void {
  app.route({
    method: "POST",
    url: "/v1/swipes",
    schema: {
      summary: "Like, pass, or super like somebody; the same swipe again gets the same answer",
      tags: ["matching"],
      body: SwipeRequest,
      response: { 200: SwipeAnswer, 201: SwipeAnswer },
    },
    config: {
      policy: { auth: "member", limit: "write", bodyLimit: 4_096, timeoutMs: 8_000, idempotent: true },
    },
    handler: async ({ member: { memberId }, body }, reply) => {
      const wish = wishOf(body);
      if (wish.targetId === memberId) throw new SelfSwipe();
      const record = wish.action === "superlike" ? superlike : swipe;
      const { answer, isRepeated } = await record(deps, memberId, wish);
      return reply.code(isRepeated ? 200 : 201).send(answer);
    },
  });

  app.route({
    method: "DELETE",
    url: "/v1/swipes/last",
    schema: {
      summary: "Take the last swipe back",
      tags: ["matching"],
      response: { 200: UndoneSwipe },
    },
    config: {
      policy: { auth: "member", limit: "write", bodyLimit: 1_024, timeoutMs: 5_000, idempotent: false },
    },
    handler: async ({ member }) => ({ targetId: await undoLastSwipe(deps.database, member.memberId) }),
  });
}

function wishOf({ targetId, action, note }: SwipeRequest): Wish {
  const text = note === undefined ? "" : normaliseText(note);
  if (text !== "" && action !== "superlike") throw new NoteRefused();
  if (lengthOf(text) > maxNoteLength) throw new ValidationFailed("The note is too long.");
  // Locks go by the text of an id, so there must be only one.
  return { targetId: targetId.toLowerCase(), action, note: text === "" ? null : text };
}

import { randomUUID } from "node:crypto";
import type { LikePage, Match, SwipeAction, SwipeAnswer } from "@kismet/contracts";
import type { Cast } from "../cast.ts";
import { expect, expectEqual, within } from "../expect.ts";
import type { Answer } from "../gateway.ts";
import type { Person } from "../person.ts";
import { inDeck, notInDeck } from "./deck.ts";

/** Of the free tier. */
export const likesPerDay = 50;
const eventMs = 5_000;

/** Gives the match of Ada and Bo. */
export async function tellSwipes({ ada, bo, cy, narrator }: Cast): Promise<string> {
  narrator.chapter("Swipes and matches");
  await narrator.step("nobody swipes themselves, or somebody who is not there", async () => {
    (await swipe(ada, ada.id, "like")).refused(400, "MATCHING_SELF_SWIPE");
    (await swipe(ada, randomUUID(), "like")).refused(404, "MATCHING_TARGET_NOT_FOUND");
  });
  await narrator.step("Ada passes Cy, takes it back, and only once", async () => {
    expectEqual((await swipe(ada, cy.id, "pass")).as<SwipeAnswer>(201).matched, false, "a match");
    await notInDeck(ada, cy);
    expectEqual((await undo(ada)).as(200), { targetId: cy.id }, "who was swiped");
    await inDeck(ada, cy);
    (await undo(ada)).refused(404, "MATCHING_SWIPE_NOT_FOUND");
  });
  await narrator.step("Ada likes Bo, twice: it counts once; something else is refused", () =>
    likeBo(ada, bo),
  );
  await narrator.step("Bo is told that somebody likes him, not who", async () => {
    const { count, items } = await bo.get<LikePage>("/v1/likes");
    expectEqual({ count, items }, { count: 1, items: [{ blurred: true }] }, "the likes of Bo");
  });
  const matchId = await narrator.step("Bo likes Ada: a match, the same one for both", async () => {
    const { matched, matchId } = (await swipe(bo, ada.id, "like")).as<SwipeAnswer>(201);
    expect(matched && matchId !== undefined, "a match", matched);
    for (const [person, other] of [
      [ada, bo],
      [bo, ada],
    ] as const) {
      expectEqual(await matchesWith(person, other), [matchId], `the matches of ${person.name}`);
    }
    (await undo(bo)).refused(409, "MATCHING_SWIPE_MATCHED");
    return String(matchId);
  });
  const ended = await narrator.step("Ada and Cy like each other at the same instant: one match", () =>
    matchAtOnce(ada, cy),
  );
  await narrator.step("Ada unmatches Cy: gone for both, and for good", () => unmatch(ada, cy, ended));
  return matchId;
}

export function swipe(person: Person, targetId: string, action: SwipeAction, note?: string): Promise<Answer> {
  return person.ask("POST", "/v1/swipes", { targetId, action, ...(note === undefined ? {} : { note }) });
}

export function undo(person: Person): Promise<Answer> {
  return person.ask("DELETE", "/v1/swipes/last");
}

/** All matches that the one has with the other. */
export async function matchesWith(person: Person, other: Person): Promise<string[]> {
  const { items } = await person.get<{ items: Match[] }>("/v1/matches?limit=100");
  return items.filter(({ member }) => member.memberId === other.id).map(({ id }) => id);
}

async function likeBo(ada: Person, bo: Person): Promise<void> {
  const first = (await swipe(ada, bo.id, "like")).as<SwipeAnswer>(201);
  expectEqual([first.matched, first.remaining.likes], [false, likesPerDay - 1], "match and likes left");
  expectEqual((await swipe(ada, bo.id, "like")).as(200), first, "the same answer");
  (await swipe(ada, bo.id, "pass")).refused(409, "MATCHING_SWIPE_CONFLICT");
  (await undo(ada)).as(200);
  const again = (await swipe(ada, bo.id, "like")).as<SwipeAnswer>(201);
  expectEqual(again.remaining.likes, likesPerDay - 1, "likes left after an undo and another like");
  await notInDeck(ada, bo);
}

async function matchAtOnce(ada: Person, cy: Person): Promise<string> {
  const answers = await Promise.all([swipe(ada, cy.id, "like"), swipe(cy, ada.id, "like")]);
  const said = answers.map((answer) => answer.as<SwipeAnswer>(201));
  const matches = said.flatMap(({ matchId }) => matchId ?? []);
  expectEqual(
    said.filter(({ matched }) => matched).length,
    1,
    "how many of the two are told that it is a match",
  );
  expectEqual(await matchesWith(ada, cy), matches, "the matches of Ada with Cy");
  expectEqual(await matchesWith(cy, ada), matches, "the matches of Cy with Ada");
  return String(matches[0]);
}

async function unmatch(ada: Person, cy: Person, matchId: string): Promise<void> {
  const path = `/v1/matches/${matchId}`;
  (await ada.ask("DELETE", path)).as(204);
  (await ada.ask("DELETE", path)).refused(404, "MATCHING_MATCH_NOT_FOUND");
  (await cy.ask("GET", path)).refused(404, "MATCHING_MATCH_NOT_FOUND");
  (await swipe(cy, ada.id, "like")).as(200);
  expectEqual(await matchesWith(cy, ada), [], "the matches of Cy with Ada");
  await notInDeck(cy, ada);
  await within(eventMs, async () => {
    (await cy.ask("GET", `/v1/conversations/${matchId}/messages`)).refused(
      404,
      "CHAT_CONVERSATION_NOT_FOUND",
    );
  });
}

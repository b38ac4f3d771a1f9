import type { OwnAccount } from "@kismet/contracts";
import type { Cast } from "../cast.ts";
import { ChatConnection } from "../chat-connection.ts";
import { expect, expectEqual, within } from "../expect.ts";
import type { Person } from "../person.ts";
import { conversation, history } from "./chat.ts";
import { matchesWith } from "./swipes.ts";

const eventMs = 5_000;
const dayMs = 86_400_000;

export async function tellDeletion({ ada, bo, narrator }: Cast, matchId: string): Promise<void> {
  narrator.chapter("Deleting the account, and coming back");
  const before = await history(ada, matchId);
  const socket = await ChatConnection.byHeader(bo);
  await narrator.step("Bo deletes his account; he has 14 days to think again", async () => {
    const { erasesAt } = (await bo.ask("DELETE", "/v1/auth/me")).as<{ erasesAt: string }>(202);
    const days = (Date.parse(erasesAt) - Date.now()) / dayMs;
    expect(days > 13.9 && days < 14.1, "14 days", erasesAt);
  });
  await narrator.step("he is gone from card, matches and chat, and his socket is closed", async () => {
    await Promise.all([
      socket.closedWithin(1_000),
      isGone(ada, bo, matchId),
      within(1_000, async () => {
        (await bo.ask("GET", "/v1/matches")).refused(403, "ACCOUNT_NOT_ACTIVE");
      }),
    ]);
  });
  await narrator.step("Bo comes back, and everything with him", async () => {
    const { status } = (await bo.ask("POST", "/v1/auth/me/restore")).as<OwnAccount>();
    expectEqual(status, "active", "the account");
    (await bo.ask("POST", "/v1/auth/me/restore")).refused(409, "AUTH_NOT_DELETING");
    await within(eventMs, async () => {
      expectEqual(await matchesWith(ada, bo), [matchId], "the matches of Ada with Bo");
      (await ada.ask("GET", `/v1/profiles/${bo.id}`)).as(200);
      (await bo.ask("GET", "/v1/matches")).as(200);
    });
    await conversation(ada, matchId);
    expectEqual(await history(ada, matchId), before, "the history");
  });
}

/** Nothing of the one is left for the other. */
export async function isGone(viewer: Person, other: Person, matchId: string): Promise<void> {
  await within(eventMs, async () => {
    (await viewer.ask("GET", `/v1/profiles/${other.id}`)).refused(404, "PROFILE_NOT_FOUND");
    (await viewer.ask("GET", `/v1/matches/${matchId}`)).refused(404, "MATCHING_MATCH_NOT_FOUND");
    expectEqual(await matchesWith(viewer, other), [], `the matches of ${viewer.name} with ${other.name}`);
    (await viewer.ask("GET", `/v1/conversations/${matchId}/messages`)).refused(
      404,
      "CHAT_CONVERSATION_NOT_FOUND",
    );
    const { items } = await viewer.get<{ items: { id: string }[] }>("/v1/conversations");
    expect(!items.some(({ id }) => id === matchId), "no conversation in the list", items);
  });
}

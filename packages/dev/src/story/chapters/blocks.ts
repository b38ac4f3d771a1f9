import { randomUUID } from "node:crypto";
import { type Cast, everybody } from "../cast.ts";
import { ChatConnection } from "../chat-connection.ts";
import { expectEqual, within } from "../expect.ts";
import { isGone } from "./deletion.ts";
import { notInDeck } from "./deck.ts";
import { matchesWith } from "./swipes.ts";

export async function tellBlock({ ada, bo, narrator }: Cast, matchId: string): Promise<void> {
  narrator.chapter("A block");
  const bos = await ChatConnection.byHeader(bo);
  await narrator.step("Ada blocks Bo", async () => {
    (await ada.ask("PUT", `/v1/blocks/${bo.id}`)).as(204);
    (await ada.ask("PUT", `/v1/blocks/${ada.id}`)).refused(400, "PROFILE_SELF_BLOCK");
    const { items } = await ada.get<{ items: { memberId: string }[] }>("/v1/blocks");
    expectEqual(
      items.map(({ memberId }) => memberId),
      [bo.id],
      "whom Ada blocks",
    );
  });
  await narrator.step("the chat closes: Bo is told, and neither can write", async () => {
    expectEqual((await bos.change("unmatch")).change.unmatch.conversationId, matchId, "the conversation");
    for (const person of [ada, bo]) {
      const message = { clientMessageId: randomUUID(), type: "text", text: "One more thing" };
      const answer = await person.ask("POST", `/v1/conversations/${matchId}/messages`, message);
      answer.refused(404, "CHAT_CONVERSATION_NOT_FOUND");
    }
    await bos.close();
  });
  await narrator.step("both have vanished from each other everywhere", async () => {
    await isGone(ada, bo, matchId);
    await isGone(bo, ada, matchId);
    await notInDeck(ada, bo);
    await notInDeck(bo, ada);
  });
  await narrator.step("taking the block back shows them again; the match is gone for good", async () => {
    (await ada.ask("DELETE", `/v1/blocks/${bo.id}`)).as(204);
    await within(1_000, async () => (await ada.ask("GET", `/v1/profiles/${bo.id}`)).as(200));
    expectEqual(await matchesWith(ada, bo), [], "the matches of Ada with Bo");
  });
}

/** Nobody of the story stays in the decks of others. */
export async function tellFarewell(cast: Cast): Promise<void> {
  cast.narrator.chapter("Farewell");
  await cast.narrator.step("all three delete their accounts", async () => {
    for (const person of everybody(cast)) (await person.ask("DELETE", "/v1/auth/me")).as(202);
  });
}

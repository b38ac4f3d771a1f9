import type { ChangePage, Conversation, Message } from "@kismet/contracts";
import { eventually, forAWhile, newId } from "@kismet/testing";
import { test } from "tap";
import { Device } from "./device.ts";
import { call, createChatWorld, emitMatch, endMatch, match, person, post, startChat } from "./world.ts";

type Page<Item> = { items: Item[]; nextCursor: string | null };

test("a match opens a conversation, in which two members talk", async (t) => {
  const chat = await createChatWorld(t);
  const { url } = await startChat(t, chat.world);
  const [ada, bo] = [person(chat.world), person(chat.world)];
  const early = await post(url, ada, newId(), "too early");
  t.equal(early.status, 404);
  t.equal(early.body.code, "CHAT_CONVERSATION_NOT_FOUND");

  const id = await match(chat, url, ada, bo);
  const hello = await post(url, ada, id, "Hello <b>& you</b>\u0000\u202e e\u0301");
  t.equal(hello.status, 201);
  t.match(hello.body, {
    conversationId: id,
    senderId: ada.id,
    seq: 1,
    text: "Hello <b>& you</b> \u00e9",
    reactions: [],
  });
  await post(url, ada, id, "second");
  await post(url, bo, id, "third");

  const list = await call<Page<Conversation>>(url, bo, "GET", "/v1/conversations");
  t.match(list.body.items, [
    {
      id,
      matchId: id,
      memberId: ada.id,
      unread: 2,
      readSeq: 0,
      readByOtherSeq: 0,
      muted: false,
      lastMessage: { seq: 3 },
    },
  ]);
  t.equal((await call(url, bo, "PUT", `/v1/conversations/${id}/read`, { seq: 1 })).status, 204);
  const unread = async () =>
    (await call<Page<Conversation>>(url, bo, "GET", "/v1/conversations")).body.items[0]?.unread;
  t.equal(await unread(), 1);
  await call(url, bo, "PUT", `/v1/conversations/${id}/read`, { seq: 99 });
  t.equal(await unread(), 0, "reading beyond the end reads to the end");
  await call(url, bo, "PUT", `/v1/conversations/${id}/read`, { seq: 1 });
  t.equal(await unread(), 0, "nothing becomes unread again");
  const [hers] = (await call<Page<Conversation>>(url, ada, "GET", "/v1/conversations")).body.items;
  t.match(hers, { unread: 1, readByOtherSeq: 3 });
});

import { randomUUID } from "node:crypto";
import type { ChangePage, Conversation, Message, ServerFrame } from "@kismet/contracts";
import type { Cast } from "../cast.ts";
import { ChatConnection, upgradeStatus } from "../chat-connection.ts";
import { expect, expectEqual, Unexpected, within } from "../expect.ts";
import type { Person } from "../person.ts";

const eventMs = 5_000;

type Ack = Extract<ServerFrame, { type: "ack" }>;

export async function tellChat(cast: Cast, conversationId: string): Promise<void> {
  const { ada, bo, narrator } = cast;
  narrator.chapter("Chat");
  await narrator.step("the match has opened a conversation for both", async () => {
    for (const person of [ada, bo]) await conversation(person, conversationId);
  });
  await narrator.step("no socket without a credential, or by what is not one", () => checkRefusals(ada));
  const adas = await narrator.step("Ada connects by ticket, as a browser does", () =>
    ChatConnection.byTicket(ada),
  );
  const bos = await narrator.step("Bo connects by header, as an app does", () => ChatConnection.byHeader(bo));
  const hello = { clientMessageId: randomUUID(), text: "Hello Bo! Which star first?" };
  const sent = await narrator.step("Ada sends; it is acknowledged, and Bo has it", async () => {
    const message = await send(adas, conversationId, hello);
    const { change } = await bos.change("message");
    expectEqual(change.message, message, "what Bo gets");
    expectEqual(
      [message.senderId, message.seq, message.text],
      [ada.id, 1, hello.text],
      "sender, place, text",
    );
    return message;
  });
  await narrator.step("sent again by a retry it is the same message, delivered once", () =>
    checkRetry(ada, adas, sent, hello),
  );
  await narrator.step("a broken frame gets an error; the socket lives", async () => {
    adas.send("{");
    await adas.next("an error", (frame) => (frame.type === "error" ? frame : undefined));
    adas.send({ type: "ping", ref: "still-there" });
    expectEqual(await adas.answer("still-there"), { type: "pong", ref: "still-there" }, "a pong");
  });
  await narrator.step("Bo has one unread, reads it, and Ada sees that", async () => {
    expectEqual((await conversation(bo, conversationId)).unread, 1, "unread messages");
    bos.send({ type: "read", ref: "read-1", conversationId, seq: sent.seq });
    expectEqual((await bos.answer("read-1")).type, "ack", "the answer");
    const { change } = await adas.change("receipt");
    expectEqual(change.receipt, { conversationId, memberId: bo.id, seq: sent.seq }, "the receipt");
    expectEqual((await conversation(bo, conversationId)).unread, 0, "unread messages");
    expectEqual((await conversation(ada, conversationId)).readByOtherSeq, sent.seq, "how far Bo has read");
  });
  await narrator.step("Bo is away, Ada sends more; he resumes and has all of it, once", () =>
    checkResume(cast, { conversationId, adas, bos }),
  );
  await narrator.step("nobody reads the conversation of others", async () => {
    const path = `/v1/conversations/${conversationId}/messages`;
    (await cast.cy.ask("GET", path)).refused(404, "CHAT_CONVERSATION_NOT_FOUND");
  });
  await adas.close();
}

export async function conversation(person: Person, id: string): Promise<Conversation> {
  return within(eventMs, async () => {
    const { items } = await person.get<{ items: Conversation[] }>("/v1/conversations?limit=100");
    const found = items.find((one) => one.id === id);
    if (!found) throw new Unexpected(`${person.name} to have the conversation`, items);
    return found;
  });
}

export async function history(person: Person, id: string): Promise<Message[]> {
  return (await person.get<{ items: Message[] }>(`/v1/conversations/${id}/messages`)).items;
}

async function checkRefusals(ada: Person): Promise<void> {
  const { url } = ada.gateway;
  expectEqual(
    await upgradeStatus(url, { "sec-websocket-protocol": "chat.v1" }),
    401,
    "the status with nothing",
  );
  const { ticket } = (await ada.ask("POST", "/v1/chat/ticket")).as<{ ticket: string }>(201);
  const headers = { "sec-websocket-protocol": `chat.v1, ticket.${ticket}` };
  expectEqual(await upgradeStatus(url, headers), 101, "the status with a ticket");
  expectEqual(await upgradeStatus(url, headers), 401, "the status with a used ticket");
  const forged = `${ada.session.accessToken.slice(0, -4)}AAAA`;
  expectEqual(
    await upgradeStatus(url, { authorization: `Bearer ${forged}` }),
    401,
    "the status with a forged token",
  );
}

async function send(
  socket: ChatConnection,
  conversationId: string,
  { clientMessageId, text }: { clientMessageId: string; text: string },
): Promise<Message> {
  const ref = randomUUID();
  socket.send({ type: "send", ref, conversationId, clientMessageId, message: { type: "text", text } });
  const answer = await socket.answer(ref);
  const { message } = answer as Ack;
  if (answer.type !== "ack" || !message) throw new Unexpected("an acknowledgement with the message", answer);
  return message;
}

async function checkRetry(
  ada: Person,
  socket: ChatConnection,
  sent: Message,
  { clientMessageId, text }: { clientMessageId: string; text: string },
): Promise<void> {
  const { conversationId } = sent;
  expectEqual(await send(socket, conversationId, { clientMessageId, text }), sent, "the same message");
  const path = `/v1/conversations/${conversationId}/messages`;
  const overHttp = await ada.ask("POST", path, { clientMessageId, type: "text", text });
  expectEqual(overHttp.as<Message>(200), sent, "the same message over HTTP");
  const other = await ada.ask("POST", path, { clientMessageId, type: "text", text: "Something else" });
  other.refused(409, "CHAT_MESSAGE_CONFLICT");
  expectEqual(await history(ada, conversationId), [sent], "the history");
}

async function checkResume(
  { ada, bo }: Cast,
  { conversationId, adas, bos }: { conversationId: string; adas: ChatConnection; bos: ChatConnection },
): Promise<void> {
  await bos.close();
  const { next: since } = await bo.get<ChangePage>("/v1/chat/changes");
  const missed: Message[] = [];
  for (const text of ["Are you there?", "I found Vega.", "Good night then."]) {
    missed.push(await send(adas, conversationId, { clientMessageId: randomUUID(), text }));
  }
  const back = await ChatConnection.byHeader(bo);
  back.send({ type: "resume", ref: "resume-1", since });
  const resumed = await back.answer("resume-1");
  expectEqual(resumed, { type: "resumed", ref: "resume-1", next: since, fullSync: false }, "the answer");
  for (const message of missed) {
    expectEqual((await back.change("message")).change.message, message, "the missed messages in order");
  }
  back.send({ type: "ping", ref: "last" });
  await back.answer("last");
  expect(!back.unread.some(({ type }) => type === "change"), "nothing twice", back.unread);
  const { items } = await bo.get<ChangePage>(`/v1/chat/changes?since=${since}`);
  const overHttp = items.flatMap(({ change }) => (change.type === "message" ? change.message : []));
  expectEqual(overHttp, missed, "the same over HTTP");
  expectEqual((await history(ada, conversationId)).slice(1), missed, "the history");
  await back.close();
}

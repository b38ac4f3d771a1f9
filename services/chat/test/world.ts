import { MatchCreated, MatchEnded, type Message, type Problem } from "@kismet/contracts";
import {
  createWorld,
  eventually,
  memberToken,
  newId,
  type StandIn,
  startTestService,
  type Teardown,
  type World,
} from "@kismet/testing";
import type { Static } from "typebox";
import { buildApp } from "../src/app.ts";
import { Config } from "../src/config.ts";

export type ChatWorld = { world: World; matching: StandIn; auth: StandIn };

export async function createChatWorld(t: Teardown): Promise<ChatWorld> {
  const world = await createWorld(t);
  return { world, matching: await world.standIn("matching"), auth: await world.standIn("auth") };
}

type Settings = Partial<Static<typeof Config>>;

/** Limits are wide open: a test that is about one of them narrows it. */
export async function startChat(t: Teardown, world: World, settings: Settings = {}) {
  return startTestService(t, world, {
    name: "chat",
    config: Config,
    buildApp,
    settings: {
      messagesPerMinute: 1_000_000,
      framesPerMinute: 1_000_000,
      catchUpMs: 500,
      reconnectSpreadMs: 100,
      ...settings,
    },
  });
}

export type Person = { id: string; token: string };

export function person(world: World, member: Parameters<typeof memberToken>[1] = {}): Person {
  const id = member.memberId ?? newId();
  return { id, token: memberToken(world, { ...member, memberId: id }) };
}

/** Plays matching: the match is emitted, and waited for at `url`. */
export async function match(chat: ChatWorld, url: string, one: Person, other: Person): Promise<string> {
  const matchId = newId();
  await emitMatch(chat, matchId, one, other);
  await eventually(async () => {
    const { status } = await call(url, one, "GET", `/v1/conversations/${matchId}/messages`);
    if (status !== 200) throw new Error(`the conversation is not open yet: ${status}`);
  });
  return matchId;
}

export function pairOf(one: Person, other: Person): string[] {
  return [one.id, other.id].sort();
}

export async function emitMatch({ matching }: ChatWorld, matchId: string, one: Person, other: Person) {
  const payload = { matchId, memberIds: pairOf(one, other), createdAt: new Date().toISOString() };
  await matching.emit(MatchCreated, { aggregateId: matchId, payload });
}

export async function endMatch({ matching }: ChatWorld, matchId: string, one: Person, other: Person) {
  const endedAt = new Date().toISOString();
  const payload = { matchId, memberIds: pairOf(one, other), reason: "block" as const, endedAt };
  await matching.emit(MatchEnded, { aggregateId: matchId, payload });
}

/** `Body` is what the caller knows the answer to be; errors are problems. */
export type Answer<Body> = { status: number; body: Body & Partial<Problem>; headers: Headers };

export async function call<Body = object>(
  url: string,
  { token }: Person,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer<Body>> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const parsed = (text ? JSON.parse(text) : {}) as Body & Partial<Problem>;
  return { status: response.status, body: parsed, headers: response.headers };
}

/** Sends over HTTP. */
export function post(
  url: string,
  sender: Person,
  conversationId: string,
  text: string,
  clientMessageId = newId(),
) {
  const body = { clientMessageId, type: "text", text };
  return call<Message>(url, sender, "POST", `/v1/conversations/${conversationId}/messages`, body);
}

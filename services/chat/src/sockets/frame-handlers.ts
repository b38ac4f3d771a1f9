import type { Bus } from "@kismet/bus";
import type { ClientFrame, ServerFrame } from "@kismet/contracts";
import type { Database } from "@kismet/database";
import type { Schema } from "../changes/change-repository.ts";
import type { Feed } from "../changes/feed.ts";
import { resumeFeed } from "../changes/resume-feed.ts";
import { markRead } from "../conversations/mark-read.ts";
import type { Sender } from "../messages/send-message.ts";
import type { ChatSocket } from "./chat-socket.ts";
import type { MemberFeeds } from "./member-feeds.ts";
import { createTyping } from "./typing.ts";

export type FrameWork = {
  database: Database<Schema>;
  bus: Bus;
  feed: Feed;
  feeds: MemberFeeds;
  send: Sender;
  maxMissedChanges: number;
};

/** Does what a frame asks; resolves with the answer, if there is one. */
export type FrameHandler = (frame: ClientFrame) => Promise<ServerFrame | undefined>;

/** The same use cases as over HTTP, for one socket. */
export function createFrameHandler(work: FrameWork, socket: ChatSocket): FrameHandler {
  const { database, feed, feeds } = work;
  const { member } = socket.credential;
  const typing = createTyping(database, work.bus);

  return async (frame) => {
    switch (frame.type) {
      case "send": {
        const { ref, conversationId, clientMessageId, message: content } = frame;
        const { message } = await work.send(member, { conversationId, clientMessageId, content });
        return { type: "ack", ref, message };
      }
      case "read":
        await markRead(database, feed, member, frame.conversationId, frame.seq);
        return { type: "ack", ref: frame.ref };
      case "typing":
        await typing(member, frame.conversationId);
        return undefined;
      case "resume": {
        const { ref, since } = frame;
        const resumption = await resumeFeed(database, member.memberId, since, work.maxMissedChanges);
        // Said before the changes that follow from it.
        socket.send({ type: "resumed", ref, ...resumption });
        feeds.follow(socket, resumption.next);
        return undefined;
      }
      case "ping":
        return { type: "pong", ref: frame.ref };
    }
  };
}

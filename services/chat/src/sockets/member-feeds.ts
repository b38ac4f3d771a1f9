import { randomUUIDv7 } from "node:crypto";
import type { Bus, Listening } from "@kismet/bus";
import { type Change, closeCodes, MemberSignal, type PayloadOf } from "@kismet/contracts";
import type { Database } from "@kismet/database";
import {
  continueTrace,
  deadlineIn,
  inSpan,
  isSampled,
  type Parts,
  requireContext,
  runWithContext,
  traceIdOf,
} from "@kismet/service-kit";
import {
  entriesAfter,
  type FeedEntry,
  feedHeads,
  findMember,
  type Schema,
} from "../changes/change-repository.ts";
import type { Config } from "../config.ts";
import type { ChatSocket } from "./chat-socket.ts";

/** Entries read at once for a socket that has fallen behind. */
const readAtOnce = 100;
const readTimeoutMs = 5_000;
const membersPerCheck = 500;

/** A member with sockets here: the newest entry that is known of, and whom to push it to. */
type MemberFeed = { memberId: string; head: number; sockets: Set<ChatSocket>; listening: Listening };

/**
 * The feeds of the members whose sockets this instance holds. A signal says that a feed has grown. If its entry is the
 * very next for a socket it is pushed as it is; if not, a signal was lost, came late, or the socket had no room: then
 * the entries are read from the table, up to the head. So each socket gets each entry once and in order, however
 * unreliable the signals are.
 */
export class MemberFeeds {
  readonly #parts: Parts<Config>;
  readonly #database: Database<Schema>;
  readonly #bus: Bus;
  readonly #feeds = new Map<string, MemberFeed>();

  constructor(parts: Parts<Config>, database: Database<Schema>, bus: Bus) {
    this.#parts = parts;
    this.#database = database;
    this.#bus = bus;
  }

  get sockets(): ChatSocket[] {
    return [...this.#feeds.values()].flatMap((feed) => [...feed.sockets]);
  }

  socketsOf(memberId: string): ChatSocket[] {
    return [...(this.#feeds.get(memberId)?.sockets ?? [])];
  }

  /** Gives where the feed stands. The socket gets nothing before `follow`. */
  async join(socket: ChatSocket): Promise<number> {
    // Listens first and reads then: what is written between the two is heard of.
    const feed = this.#feeds.get(socket.memberId) ?? this.#open(socket.memberId);
    feed.sockets.add(socket);
    this.#makeRoom(feed);
    const { status, head } = await findMember(this.#database, socket.memberId);
    if (status !== "active") socket.end(closeCodes.accountNotActive, "account not active");
    feed.head = Math.max(feed.head, head);
    return head;
  }

  leave(socket: ChatSocket): void {
    const feed = this.#feeds.get(socket.memberId);
    if (!feed?.sockets.delete(socket) || feed.sockets.size > 0) return;
    feed.listening.stop();
    this.#feeds.delete(socket.memberId);
  }

  /** From now on the socket gets what comes after `since`. */
  follow(socket: ChatSocket, since: number): void {
    socket.position = since;
    this.push(socket);
  }

  /** Pushes what the socket has not got yet, as far as there is room. */
  push(socket: ChatSocket): void {
    const feed = this.#feeds.get(socket.memberId);
    if (feed && !socket.isPumping && isBehind(socket, feed)) void this.#pump(feed, socket);
  }

  /** Compares all feeds with the table: what signals did not tell is found here. */
  async catchUp(): Promise<void> {
    const ids = [...this.#feeds.keys()];
    for (let i = 0; i < ids.length; i += membersPerCheck) {
      for (const { memberId, head } of await feedHeads(this.#database, ids.slice(i, i + membersPerCheck))) {
        const feed = this.#feeds.get(memberId);
        if (!feed) continue;
        feed.head = Math.max(feed.head, head);
        for (const socket of feed.sockets) this.push(socket);
      }
    }
  }

  /** The newest is the one that somebody holds in their hand. */
  #makeRoom({ sockets }: MemberFeed): void {
    const open = [...sockets].filter(({ isEnding }) => !isEnding);
    const tooMany = Math.max(0, open.length - this.#parts.config.socketsPerMember);
    for (const oldest of open.slice(0, tooMany)) oldest.end(closeCodes.tooManyDevices, "too many devices");
  }

  #open(memberId: string): MemberFeed {
    const listening = this.#bus.listen(MemberSignal, memberId, (signal) => this.#hear(memberId, signal));
    const feed: MemberFeed = { memberId, head: 0, sockets: new Set(), listening };
    this.#feeds.set(memberId, feed);
    return feed;
  }

  #hear(memberId: string, signal: PayloadOf<typeof MemberSignal>): void {
    const feed = this.#feeds.get(memberId);
    if (!feed) return;
    if (signal.type === "typing") {
      for (const socket of feed.sockets) if (socket.hasRoom) socket.send(signal);
      return;
    }
    const { seq, change } = signal;
    feed.head = Math.max(feed.head, seq);
    const next = [...feed.sockets].filter(
      (socket) => socket.position === seq - 1 && !socket.isPumping && socket.hasRoom,
    );
    if (next.length > 0) this.#deliver(memberId, next, seq, change);
    for (const socket of feed.sockets) this.push(socket);
  }

  /** One at a time for each socket. Ends when it has caught up or is full; then it is called again. */
  async #pump(feed: MemberFeed, socket: ChatSocket): Promise<void> {
    socket.isPumping = true;
    try {
      while (isBehind(socket, feed) && socket.hasRoom) {
        const from = socket.position as number;
        const entries = await this.#read(feed, from);
        // It has resumed elsewhere in the meantime.
        if (socket.position !== from) continue;
        // What it missed is kept no longer: on its next visit it is told so.
        if (entries.length === 0) return socket.end(closeCodes.slowReader, "too far behind");
        for (const { seq, change, ...cause } of entries) {
          if (!socket.hasRoom) break;
          runWithContext({ ...cause, deadline: deadlineIn(readTimeoutMs) }, () =>
            this.#deliver(feed.memberId, [socket], seq, change),
          );
        }
      }
    } catch (error) {
      this.#parts.logger.warn({ err: error }, "could not read a feed: the next check tries again");
    } finally {
      socket.isPumping = false;
    }
  }

  #read(feed: MemberFeed, since: number): Promise<FeedEntry[]> {
    const context = {
      requestId: randomUUIDv7(),
      traceparent: continueTrace(undefined),
      deadline: deadlineIn(readTimeoutMs),
    };
    return runWithContext(context, () => entriesAfter(this.#database, feed.memberId, since, readAtOnce));
  }

  #deliver(to: string, sockets: readonly ChatSocket[], seq: number, change: Change): void {
    const text = JSON.stringify({ type: "change", seq, change });
    void inSpan("chat.push", { "kismet.change": change.type, "kismet.sockets": sockets.length }, () => {
      for (const socket of sockets) {
        socket.position = seq;
        socket.sendText(text);
      }
      if (!isSampled(traceIdOf(requireContext().traceparent), this.#parts.config.accessLogSample)) return;
      this.#parts.logger.info({ to, seq, change: change.type, sockets: sockets.length }, "pushed change");
    });
  }
}

function isBehind(socket: ChatSocket, feed: MemberFeed): boolean {
  return !socket.isEnding && socket.position !== undefined && socket.position < feed.head;
}

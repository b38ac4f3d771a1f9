import assert from "node:assert/strict";
import { once } from "node:events";
import {
  AccountChanged,
  type ChangePage,
  type Problem,
  ServerFrame,
  type SwipeAnswer,
} from "@kismet/contracts";
import { eventually, memberToken, newId, type System } from "@kismet/testing";
import { Compile } from "typebox/compile";
import { WebSocket } from "ws";

export type Answer<Body = object> = {
  status: number;
  body: Body & Partial<Problem>;
  headers: Headers;
  ms: number;
};

type CallOptions = { headers?: Record<string, string>; url?: string };

/** Somebody with an account, as the system's clients are: knows nothing but the gateway. */
export class SystemMember {
  readonly id: string;
  readonly token: string;
  readonly #url: string;

  constructor(url: string, { id, token }: { id: string; token: string }) {
    this.#url = url;
    this.id = id;
    this.token = token;
  }

  async call<Body = object>(
    method: string,
    path: string,
    body?: unknown,
    { headers = {}, url = this.#url }: CallOptions = {},
  ): Promise<Answer<Body>> {
    const begin = performance.now();
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(this.token === "" ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    // An archive is none.
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    const parsed = (isJson && text !== "" ? JSON.parse(text) : {}) as Body & Partial<Problem>;
    return {
      status: response.status,
      body: parsed,
      headers: response.headers,
      ms: performance.now() - begin,
    };
  }

  /** As a client does it that has lost the answer, or was told to come back: until it is acknowledged. */
  async callPatiently<Body = object>(method: string, path: string, body?: unknown): Promise<Answer<Body>> {
    return eventually(
      async () => {
        const reply = await this.call<Body>(method, path, body);
        if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${reply.body.code}`);
        return reply;
      },
      { timeoutMs: 40_000, everyMs: 50 },
    );
  }

  async like(target: { id: string }, options?: CallOptions): Promise<Answer<SwipeAnswer>> {
    return this.call<SwipeAnswer>("POST", "/v1/swipes", { targetId: target.id, action: "like" }, options);
  }

  /** Every item of a list, page by page. */
  async list<Item>(path: string): Promise<Item[]> {
    const items: Item[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const query: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const { body } = await this.callPatiently<{ items: Item[]; nextCursor: string | null }>(
        "GET",
        `${path}?limit=50${query}`,
      );
      items.push(...body.items);
      cursor = body.nextCursor;
    }
    return items;
  }

  /** All that the feed holds. */
  async changes(): Promise<ChangePage["items"]> {
    const items: ChangePage["items"] = [];
    for (;;) {
      const since = items.at(-1)?.seq ?? 0;
      const { body } = await this.callPatiently<ChangePage>("GET", `/v1/chat/changes?since=${since}`);
      if (body.items.length === 0) return items;
      items.push(...body.items);
    }
  }
}

/** People who have a profile and a place, and whom matching knows. The stand-in for auth vouches for them. */
export async function createMembers(system: System, count: number): Promise<SystemMember[]> {
  const members = Array.from({ length: count }, () => {
    const id = newId();
    return new SystemMember(system.url, { id, token: memberToken(system.world, { memberId: id }) });
  });
  await settle(system, members);
  return members;
}

/** Gives people who have an account what they need to be found, and waits until matching knows them. */
export async function settle(system: System, members: SystemMember[]): Promise<void> {
  const waiting = [...members];
  // A few at a time: a crowd at once would only queue for connections.
  await Promise.all(Array.from({ length: 4 }, () => settleNext(system, waiting)));
  await eventually(
    async () => {
      const [row] = await system.world.sql<{ count: string }>(
        "SELECT count(*) FROM matching.candidates WHERE visible AND member_id = ANY($1::uuid[])",
        [members.map(({ id }) => id)],
      );
      assert.equal(Number(row?.count), members.length);
    },
    { timeoutMs: 20_000, everyMs: 50 },
  );
}

async function settleNext(system: System, waiting: SystemMember[]): Promise<void> {
  for (let member = waiting.pop(); member; member = waiting.pop()) {
    await system.auth?.emit(AccountChanged, {
      aggregateId: member.id,
      payload: { memberId: member.id, version: 1, status: "active", changedAt: new Date().toISOString() },
    });
    await fillProfile(member, "Robin");
  }
}

export async function fillProfile(member: SystemMember, firstName: string, bio?: string): Promise<void> {
  const profile = { firstName, gender: "woman", interests: ["jazz"], ...(bio === undefined ? {} : { bio }) };
  await member.callPatiently("PUT", "/v1/profile", profile);
  const preferences = { showMe: ["woman", "man", "nonbinary"], minAge: 18, maxAge: 100, maxDistanceKm: null };
  await member.callPatiently("PUT", "/v1/profile/preferences", preferences);
  const london = { latitude: 51.5074, longitude: -0.1278, timeZone: "Europe/London" };
  await member.callPatiently("PUT", "/v1/profile/location", london);
}

/** Both like each other and have their conversation. */
export async function matchThem(one: SystemMember, other: SystemMember): Promise<string> {
  await one.callPatiently("POST", "/v1/swipes", { targetId: other.id, action: "like" });
  const { body } = await other.callPatiently<SwipeAnswer>("POST", "/v1/swipes", {
    targetId: one.id,
    action: "like",
  });
  assert.ok(body.matchId, "two likes make a match");
  await one.callPatiently("GET", `/v1/conversations/${body.matchId}/messages`);
  return body.matchId;
}

const serverFrame = Compile(ServerFrame);

/**
 * A phone: keeps a socket open, comes back whenever it is closed (elsewhere if there is an elsewhere), resumes after the
 * last change that it has, and remembers all it got.
 */
export class Phone {
  readonly changes: { seq: number; change: Extract<ServerFrame, { type: "change" }>["change"] }[] = [];
  /** Why each of its sockets ended, and whether it was told before to come back. */
  readonly closes: { code: number; announced: boolean }[] = [];
  /** Frames that fit no schema. */
  readonly malformed: string[] = [];
  readonly #member: SystemMember;
  readonly #urls: string[];
  #socket: WebSocket | undefined;
  #since = 0;
  #connects = 0;
  #isOff = false;
  #isResumed = false;

  constructor(member: SystemMember, urls: string[]) {
    this.#member = member;
    this.#urls = urls;
  }

  get isConnected(): boolean {
    return this.#isResumed;
  }

  /** Resolves once the feed is followed. */
  async turnOn(): Promise<void> {
    void this.#keepConnected();
    await eventually(() => assert.ok(this.#isResumed, "not connected"), { timeoutMs: 20_000 });
  }

  turnOff(): void {
    this.#isOff = true;
    this.#socket?.terminate();
  }

  messageIds(): string[] {
    return this.changes.flatMap(({ change }) => (change.type === "message" ? [change.message.id] : []));
  }

  async #keepConnected(): Promise<void> {
    while (!this.#isOff) {
      await eventually(() => this.#connect(), { timeoutMs: 60_000, everyMs: 50 }).catch(() => undefined);
    }
  }

  /** Ends when the socket does; throws if none could be opened. */
  async #connect(): Promise<void> {
    if (this.#isOff) return;
    const url = this.#urls[this.#connects++ % this.#urls.length] ?? "";
    const socket = new WebSocket(`${url.replace("http", "ws")}/v1/chat/socket`, "chat.v1", {
      headers: { authorization: `Bearer ${this.#member.token}` },
      handshakeTimeout: 5_000,
    });
    this.#socket = socket;
    const closed = once(socket, "close") as Promise<[number]>;
    closed.catch(() => undefined);
    let announced = false;
    socket.on("error", () => undefined);
    socket.on("message", (data: Buffer) => {
      if (this.#take(data.toString()) === "reconnect") announced = true;
    });
    await once(socket, "open");
    socket.send(JSON.stringify({ type: "resume", ref: "resume", since: this.#since }));
    const [code] = await closed;
    this.#isResumed = false;
    if (!this.#isOff) this.closes.push({ code, announced });
  }

  #take(text: string): ServerFrame["type"] | undefined {
    const frame: unknown = JSON.parse(text);
    if (!serverFrame.Check(frame)) {
      this.malformed.push(text.slice(0, 200));
      return undefined;
    }
    if (frame.type === "resumed") this.#isResumed = true;
    if (frame.type === "change") {
      this.changes.push({ seq: frame.seq, change: frame.change });
      this.#since = frame.seq;
    }
    return frame.type;
  }
}

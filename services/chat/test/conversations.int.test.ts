import type { ChangePage, Conversation, Message } from "@kismet/contracts";
import { eventually, forAWhile, newId, routesWithIds } from "@kismet/testing";
import { deadlineIn, runWithContext } from "@kismet/service-kit";
import pg from "pg";
import t from "tap";
import { Device } from "./device.ts";
import { call, createChatWorld, emitMatch, endMatch, match, person, post, startChat } from "./world.ts";

// Of a busy machine.
t.setTimeout(120_000);

const chat = await createChatWorld(t);
const one = await startChat(t, chat.world);
const two = await startChat(t, chat.world);
const { url } = one;

type Page<Item> = { items: Item[]; nextCursor: string | null };

await t.test("a match opens a conversation, in which two members talk", async (t) => {
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

await t.test("the same clientMessageId gives the same message for ever, and never another one", async (t) => {
  const [ada, bo] = [person(chat.world), person(chat.world)];
  const id = await match(chat, one.url, ada, bo);

  const key = newId();
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, i) => post(i % 2 ? one.url : two.url, ada, id, "once", key)),
  );
  t.same(
    answers
      .map(({ status }) => status)
      .sort()
      .slice(-2),
    [200, 201],
    "one of them was first",
  );
  t.equal(new Set(answers.map(({ body }) => body.id)).size, 1);

  const conflict = await post(two.url, ada, id, "twice", key);
  t.match(conflict, { status: 409, body: { code: "CHAT_MESSAGE_CONFLICT" } });
  t.equal((await post(one.url, bo, id, "mine", key)).status, 201, "the other one's keys are others");
  await post(one.url, ada, id, "later");
  t.match(await post(two.url, ada, id, "once", key), {
    status: 200,
    body: { id: answers[0]?.body.id, seq: 1 },
  });

  const mixed = await Promise.all(
    Array.from({ length: 60 }, (_, i) => post(i % 2 ? one.url : two.url, i % 3 ? ada : bo, id, `burst ${i}`)),
  );
  t.ok(mixed.every(({ status }) => status === 201));
  const { body } = await call<Page<Message>>(
    one.url,
    bo,
    "GET",
    `/v1/conversations/${id}/messages?limit=100`,
  );
  t.same(
    body.items.map(({ seq }) => seq),
    Array.from({ length: 63 }, (_, i) => i + 1),
    "no gaps, no duplicates",
  );
  const [row] = await chat.world.sql<{ unread: number }>(
    "SELECT unread FROM chat.participants WHERE member_id = $1", [bo.id]); // prettier-ignore
  t.equal(row?.unread, body.items.filter(({ senderId }) => senderId === ada.id).length, "unread is exact");
});

await t.test("two instances that write the same message at the same instant write it once", async (t) => {
  const [ada, bo] = [person(chat.world), person(chat.world)];
  const id = await match(chat, url, ada, bo);
  const holder = new pg.Client(chat.world.databaseUrl("chat"));
  await holder.connect();
  t.teardown(() => holder.end());
  // Both have looked for the key before either can write.
  await holder.query("BEGIN");
  await holder.query("SELECT 1 FROM chat.conversations WHERE id = $1 FOR UPDATE", [id]);
  const key = newId();
  const answers = [post(one.url, ada, id, "once", key), post(two.url, ada, id, "once", key)];
  await eventually(async () => {
    const waiting = await chat.world.sql(
      "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
    );
    if (waiting.length < 2) throw new Error(`${waiting.length} wait for the lock`);
  });
  await holder.query("COMMIT");
  const [first, second] = await Promise.all(answers);
  t.same([first?.status, second?.status].sort(), [200, 201]);
  t.equal(first?.body.id, second?.body.id);
});

await t.test("history is paged by seq in both directions, conversations by what was last said", async (t) => {
  const ada = person(chat.world);
  const others = Array.from({ length: 5 }, () => person(chat.world));
  const ids: string[] = [];
  for (const other of others) ids.push(await match(chat, url, ada, other));
  for (const id of [...ids].reverse()) await post(url, ada, id, "hello");

  const listed: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const query: string = cursor ? `&cursor=${cursor}` : "";
    const { body } = await call<Page<Conversation>>(url, ada, "GET", `/v1/conversations?limit=2${query}`);
    listed.push(...body.items.map(({ id }) => id));
    cursor = body.nextCursor;
  }
  t.same(listed, ids, "each once, the last one spoken in first");
  t.equal((await call(url, ada, "GET", "/v1/conversations?cursor=bm9uc2Vuc2U")).status, 400);

  const [id] = ids as [string];
  for (let i = 2; i <= 7; i += 1) await post(url, ada, id, `message ${i}`);
  const seqs = async (query: string) => {
    const { body } = await call<Page<Message>>(url, ada, "GET", `/v1/conversations/${id}/messages?${query}`);
    return [body.items.map(({ seq }) => seq), body.nextCursor];
  };
  t.same(await seqs(""), [[1, 2, 3, 4, 5, 6, 7], null]);
  t.same(await seqs("limit=3"), [[5, 6, 7], "5"]);
  t.same(await seqs("limit=3&before=5"), [[2, 3, 4], "2"]);
  t.same(await seqs("limit=3&before=2"), [[1], null]);
  t.same(await seqs("limit=3&after=0"), [[1, 2, 3], "3"]);
  t.same(await seqs("limit=3&after=6"), [[7], null]);
  t.same(await seqs("after=2&before=5"), [[3, 4], null]);
  for (const query of ["before=0", "after=-1", "limit=0", "limit=101", "before=1.5", "x=1", "before=abc"]) {
    t.equal((await call(url, ada, "GET", `/v1/conversations/${id}/messages?${query}`)).status, 400, query);
  }
});

await t.test("a message that meets the end of its match comes before it or not at all", async (t) => {
  const [ada, bo] = [person(chat.world), person(chat.world)];
  const id = await match(chat, url, ada, bo);
  const holder = new pg.Client(chat.world.databaseUrl("chat"));
  await holder.connect();
  t.teardown(() => holder.end());
  const waiting = (count: number) =>
    eventually(async () => {
      const rows = await chat.world.sql(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
      );
      if (rows.length < count) throw new Error(`${rows.length} wait for a lock`);
    });
  // The end has closed the conversation, and waits to tell the two; then the message comes.
  await holder.query("BEGIN");
  await holder.query("SELECT 1 FROM chat.members WHERE id = ANY ($1) FOR UPDATE", [[ada.id, bo.id]]);
  await endMatch(chat, id, ada, bo);
  await waiting(1);
  const answer = post(two.url, ada, id, "one more thing");
  await waiting(2);
  await holder.query("COMMIT");
  const { status } = await answer;
  const told = await eventually(async () => {
    const rows = await chat.world.sql<{ said: boolean }>(
      `SELECT message_seq IS NOT NULL AS said FROM chat.changes
        WHERE conversation_id = $1 AND member_id = $2 ORDER BY seq`,
      [id, bo.id],
    );
    if (rows.length < 2) throw new Error("the end is not told yet");
    return rows.map(({ said }) => said);
  });
  t.equal(told.at(-1), false, "nothing comes after the end");
  t.equal(told.includes(true), status === 201, "what was acknowledged is there, what was refused is not");
});

await t.test(
  "the end of a match closes the conversation for both, whatever comes first and how often",
  async (t) => {
    const [ada, bo] = [person(chat.world), person(chat.world)];
    const id = await match(chat, url, ada, bo);
    const key = newId();
    await post(url, ada, id, "before the end", key);
    const device = await Device.connect(url, bo);

    await endMatch(chat, id, ada, bo);
    await endMatch(chat, id, ada, bo);
    t.match((await device.change("unmatch")).change, {
      unmatch: { id, conversationId: id, memberId: ada.id },
    });
    for (const who of [ada, bo]) {
      t.match(await post(url, who, id, "after"), {
        status: 404,
        body: { code: "CHAT_CONVERSATION_NOT_FOUND" },
      });
      t.equal((await call(url, who, "GET", `/v1/conversations/${id}/messages`)).status, 404);
      t.same((await call<Page<Conversation>>(url, who, "GET", "/v1/conversations")).body.items, []);
    }
    t.equal((await post(url, ada, id, "before the end", key)).status, 200, "a retry is told what was done");
    const feed = await call<ChangePage>(url, bo, "GET", "/v1/chat/changes?since=0");
    t.same(
      feed.body.items.map(({ change }) => change.type),
      ["unmatch", "unmatch", "unmatch"],
      "no text outlives it",
    );

    const unseen = newId();
    const later = newId();
    await endMatch(chat, unseen, ada, bo);
    await emitMatch(chat, later, ada, bo);
    await eventually(async () => {
      const rows = await chat.world.sql("SELECT 1 FROM chat.conversations WHERE id = ANY ($1)", [
        [unseen, later],
      ]);
      if (rows.length < 2) throw new Error("not there yet");
    });
    await emitMatch(chat, unseen, ada, bo);
    await emitMatch(chat, later, ada, bo);
    await forAWhile(async () => {
      const { body } = await call<Page<Conversation>>(url, ada, "GET", "/v1/conversations");
      t.same(
        body.items.map((item) => item.id),
        [later],
      );
    }, 300);
  },
);

await t.test("A14 nobody gets at the conversation of others, and can't tell that it exists", async (t) => {
  const [ada, bo, eve] = [person(chat.world), person(chat.world), person(chat.world)];
  const id = await match(chat, url, ada, bo);
  await post(url, ada, id, "between us");
  const bodies: Record<string, object | undefined> = {
    "GET /v1/conversations/:id/messages": undefined,
    "POST /v1/conversations/:id/messages": { clientMessageId: newId(), type: "text", text: "let me in" },
    "PUT /v1/conversations/:id/mute": { muted: true },
    "PUT /v1/conversations/:id/read": { seq: 1 },
  };
  t.same(Object.keys(bodies), routesWithIds("chat"), "every route that takes an id is tried");
  const asked = (conversationId: string) =>
    Object.entries(bodies).map(([route, body]) => {
      const [method, path] = route.split(" ") as [string, string];
      return call(url, eve, method, path.replace(":id", conversationId), body);
    });
  const comparable = ({ status, body }: Awaited<ReturnType<typeof call>>) => ({
    status,
    body: { ...body, requestId: "" },
  });
  const theirs = (await Promise.all(asked(id))).map(comparable);
  const nobodys = (await Promise.all(asked(newId()))).map(comparable);
  t.same(theirs, nobodys);
  t.ok(theirs.every(({ status, body }) => status === 404 && body.code === "CHAT_CONVERSATION_NOT_FOUND"));

  const device = await Device.connect(url, eve);
  const sent = await device.send(id, "let me in");
  t.match(sent, { type: "error", code: "CHAT_CONVERSATION_NOT_FOUND" });
  t.match(await device.ask({ type: "read", ref: "r", conversationId: id, seq: 1 }), {
    code: "CHAT_CONVERSATION_NOT_FOUND",
  });
  device.raw({ type: "typing", conversationId: id });
  await eventually(() => {
    if (device.frames.filter(({ type }) => type === "error").length < 3) throw new Error("not refused yet");
  });
  t.same((await call<ChangePage>(url, eve, "GET", "/v1/chat/changes?since=0")).body.items, []);
  t.same((await call<Page<Conversation>>(url, eve, "GET", "/v1/conversations")).body.items, []);
  const { body } = await call<Page<Message>>(url, ada, "GET", `/v1/conversations/${id}/messages`);
  t.equal(body.items.length, 1);

  const outsider = await call(url, { ...eve, token: "none" }, "GET", "/v1/conversations");
  t.equal(outsider.status, 401);
});

await t.test("muting is told to the member's own devices alone", async (t) => {
  const [ada, bo] = [person(chat.world), person(chat.world)];
  const id = await match(chat, url, ada, bo);
  for (let i = 0; i < 2; i += 1) {
    t.equal((await call(url, ada, "PUT", `/v1/conversations/${id}/mute`, { muted: true })).status, 204);
  }
  const types = async (who: typeof ada) =>
    (await call<ChangePage>(url, who, "GET", "/v1/chat/changes?since=0")).body.items.map(
      ({ change }) => change.type,
    );
  t.same(await types(ada), ["match", "mute"]);
  t.same(await types(bo), ["match"]);
  const [item] = (await call<Page<Conversation>>(url, ada, "GET", "/v1/conversations")).body.items;
  t.equal(item?.muted, true);
});

await t.test(
  "A05 A20 messages are held to their schema, and stored as they were written but for what is invisible",
  async (t) => {
    const [ada, bo] = [person(chat.world), person(chat.world)];
    const id = await match(chat, url, ada, bo);
    const path = `/v1/conversations/${id}/messages`;
    const good = () => ({ clientMessageId: newId(), type: "text", text: "fine" });
    const bad: object[] = [
      {},
      { ...good(), text: "" },
      { ...good(), text: " \u0000\u202e " },
      { ...good(), text: "x".repeat(2_001) },
      { ...good(), text: "\u0958".repeat(2_000) },
      { ...good(), type: "image" },
      { ...good(), clientMessageId: "1" },
      { ...good(), senderId: bo.id },
      { ...good(), text: 5 },
    ];
    for (const body of bad) {
      const answer = await call(url, ada, "POST", path, body);
      t.match(
        answer,
        { status: 400, body: { code: "VALIDATION_FAILED" } },
        JSON.stringify(body).slice(0, 60),
      );
    }
    t.equal((await post(url, ada, id, "😀".repeat(2_000))).status, 201);
    t.equal((await call(url, ada, "POST", path, { ...good(), text: "x".repeat(40_000) })).status, 413);
    t.equal((await call(url, ada, "PUT", `/v1/conversations/${id}/read`, { seq: 0 })).status, 400);
    t.equal((await call(url, ada, "PUT", `/v1/conversations/not-an-id/read`, { seq: 1 })).status, 400);
    t.equal((await post(url, ada, id, "'; DROP TABLE chat.messages; --")).status, 201);
  },
);

await t.test("A11 a change carries the request that caused it", async (t) => {
  const [ada, bo] = [person(chat.world), person(chat.world)];
  const id = newId();
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const context = { requestId: "the-like-itself", traceparent, deadline: deadlineIn(5_000) };
  await runWithContext(context, () => emitMatch(chat, id, ada, bo));
  const rows = await eventually(async () => {
    const found = await chat.world.sql<{ request_id: string; traceparent: string }>(
      "SELECT request_id, traceparent FROM chat.changes WHERE conversation_id = $1",
      [id],
    );
    if (found.length < 2) throw new Error("not there yet");
    return found;
  });
  for (const row of rows) {
    t.equal(row.request_id, "the-like-itself");
    t.equal(row.traceparent.slice(3, 35), traceparent.slice(3, 35));
  }
});

await t.test("A24 every query of a hot path goes by an index", async (t) => {
  const { world } = chat;
  const [ada, bo] = [person(world), person(world)];
  const id = await match(chat, url, ada, bo);
  await world.sql(`
    WITH m AS (INSERT INTO chat.members (id) SELECT gen_random_uuid() FROM generate_series(1, 4000) RETURNING id),
    c AS (
      INSERT INTO chat.conversations (id, last_seq, opened_at)
      SELECT gen_random_uuid(), 10, now() FROM generate_series(1, 4000) RETURNING id
    ),
    pair AS (
      SELECT c.id, m.id AS partner_id FROM (SELECT id, row_number() OVER () AS n FROM c) c
      JOIN (SELECT id, row_number() OVER () AS n FROM m) m USING (n)
    ),
    mine AS (
      INSERT INTO chat.participants (conversation_id, member_id, partner_id, listed_at)
      SELECT id, '${ada.id}', partner_id, now() - random() * interval '1 year' FROM pair
    ),
    theirs AS (
      INSERT INTO chat.participants (conversation_id, member_id, partner_id, listed_at)
      SELECT id, partner_id, '${ada.id}', now() FROM pair
    ),
    said AS (
      INSERT INTO chat.messages (conversation_id, seq, id, sender_id, client_message_id, type, body, created_at)
      SELECT pair.id, seq, gen_random_uuid(), partner_id, gen_random_uuid(), 'text', 'x', now()
      FROM pair, generate_series(1, 10) seq
    )
    INSERT INTO chat.changes (member_id, seq, conversation_id, message_seq, request_id, traceparent, created_at)
    SELECT partner_id, seq, id, seq, 'r', 't', now() FROM pair, generate_series(1, 10) seq`);
  await world.sql("VACUUM ANALYZE");
  const device = await Device.connect(url, bo);
  // Vacuum reads a table to summarise its block range index, and tells of it late.
  await world.sql("SELECT pg_stat_force_next_flush()");
  await world.sql("SELECT pg_stat_reset()");
  const scans = await eventually(
    async () => {
      const { body } = await call<Page<Conversation>>(url, ada, "GET", "/v1/conversations?limit=5");
      await call(url, ada, "GET", `/v1/conversations?limit=5&cursor=${body.nextCursor}`);
      await post(url, ada, id, "hello");
      await call(url, bo, "GET", `/v1/conversations/${id}/messages?before=5`);
      await call(url, bo, "GET", `/v1/conversations/${id}/messages?after=5`);
      await call(url, bo, "PUT", `/v1/conversations/${id}/read`, { seq: 1 });
      await call(url, bo, "GET", "/v1/chat/changes?since=1");
      await device.resume(1);
      const rows = await world.sql<{ relname: string; seq_tup_read: string; idx_scan: string }>(
        `SELECT relname, seq_tup_read, idx_scan FROM pg_stat_user_tables WHERE schemaname = 'chat'
         AND relname IN ('members', 'conversations', 'participants', 'messages', 'changes') ORDER BY 1`,
      );
      // Postgres counts with a delay.
      if (rows.some(({ idx_scan: count }) => Number(count) < 10)) throw new Error(JSON.stringify(rows));
      return rows;
    },
    { timeoutMs: 20_000, everyMs: 300 },
  );
  t.same(
    // What is counted late from before, when the tables were small, is little; each now has 4,000 rows or more.
    scans.filter(({ seq_tup_read: rows }) => Number(rows) >= 4_000),
    [],
    "no table is read from end to end",
  );
});

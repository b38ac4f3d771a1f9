import { once } from "node:events";
import { connect } from "node:net";
import { AccountChanged, type ChangePage, closeCodes, KeyRevoked, SessionRevoked } from "@kismet/contracts";
import { eventually, forAWhile, newId } from "@kismet/testing";
import t from "tap";
import { WebSocket } from "ws";
import { Device } from "./device.ts";
import { call, createChatWorld, match, type Person, person, post, startChat } from "./world.ts";

// Of a busy machine.
t.setTimeout(120_000);

const chat = await createChatWorld(t);
const one = await startChat(t, chat.world);
const two = await startChat(t, chat.world);

async function pair(): Promise<{ ada: Person; bo: Person; id: string }> {
  const [ada, bo] = [person(chat.world), person(chat.world)];
  return { ada, bo, id: await match(chat, one.url, ada, bo) };
}

/** The status with which an upgrade is refused, or 101. */
async function upgrade(url: string, headers: Record<string, string>, protocols: string[] = ["chat.v1"]) {
  const ws = new WebSocket(url.replace("http", "ws"), protocols, { headers });
  ws.on("error", () => undefined);
  const [event] = await Promise.race([
    once(ws, "open").then(() => [101, ws.protocol] as const),
    once(ws, "unexpected-response").then(
      ([, response]) => [(response as { statusCode: number }).statusCode] as const,
    ),
  ]);
  const { protocol } = ws;
  ws.terminate();
  return { status: event, protocol };
}

await t.test("A02 a socket opens for a good credential alone, wherever it is put", async (t) => {
  const { ada, bo } = await pair();
  const { signer } = chat.world;
  const socket = `${one.url}/v1/chat/socket`;
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const now = Math.floor(Date.now() / 1_000);
  const [header, claims] = ada.token.split(".") as [string, string];
  const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url");
  const refused: [what: string, url: string, headers: Record<string, string>, protocols?: string[]][] = [
    ["nothing", socket, {}],
    ["a member's id in the address", `${socket}?memberId=${ada.id}&userId=${ada.id}`, {}],
    ["a token in the address", `${socket}?token=${ada.token}&access_token=${ada.token}`, {}],
    ["a member's id as ticket", socket, {}, ["chat.v1", `ticket.${ada.id}`]],
    ["a token as ticket", socket, {}, ["chat.v1", `ticket.${ada.token}`]],
    ["a ticket nobody issued", socket, {}, ["chat.v1", `ticket.${"a".repeat(43)}`]],
    ["a cut token", socket, bearer(ada.token.slice(0, -4))],
    ["another's signature", socket, bearer(`${header}.${claims}.${bo.token.split(".")[2]}`)],
    ["no signature", socket, bearer(`${none}.${claims}.`)],
    [
      "an expired token",
      socket,
      bearer(signer.token({ memberId: ada.id }, { iat: now - 900, exp: now - 300 })),
    ],
    ["another audience", socket, bearer(signer.token({ memberId: ada.id }, { aud: "other" }))],
    ["another issuer", socket, bearer(signer.token({ memberId: ada.id }, { iss: "other" }))],
    [
      "another type of token",
      socket,
      bearer(signer.signed({ alg: "EdDSA", kid: "test-key", typ: "JWT" }, {})),
    ],
  ];
  for (const [what, url, headers, protocols] of refused) {
    t.ok([400, 401].includes((await upgrade(url, headers, protocols)).status), what);
  }
  for (const status of ["deleting", "unverified"] as const) {
    const answer = await upgrade(socket, bearer(signer.token({ memberId: ada.id, status })));
    t.equal(answer.status, 403, status);
  }
  t.same(await upgrade(socket, bearer(ada.token)), { status: 101, protocol: "chat.v1" });
  t.equal((await upgrade(socket, bearer(ada.token), [])).status, 101, "native clients need no sub-protocol");
  t.equal((await upgrade(socket, bearer(ada.token), ["chat.v9"])).status, 400);
  await eventually(async () => {
    const open = await new Promise((resolve) => one.app.server.getConnections((_, count) => resolve(count)));
    if (Number(open) > 4) throw new Error(`${String(open)} connections are open`);
  });
  t.match(await call(one.url, ada, "GET", "/v1/chat/socket"), {
    status: 426,
    body: { code: "CHAT_UPGRADE_REQUIRED" },
  });
});

await t.test("a ticket opens one socket, once, on any instance, and is not echoed", async (t) => {
  const { ada } = await pair();
  const issued = await call<{ ticket: string; expiresInSeconds: number }>(
    one.url,
    ada,
    "POST",
    "/v1/chat/ticket",
  );
  t.match(issued, { status: 201, body: { expiresInSeconds: 30 } });
  const protocols = ["chat.v1", `ticket.${issued.body.ticket}`];
  const tries = await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      upgrade(`${i % 2 ? one.url : two.url}/v1/chat/socket`, {}, protocols),
    ),
  );
  t.same(tries.map(({ status }) => status).sort(), [101, ...Array.from({ length: 7 }, () => 401)]);
  t.equal(tries.find(({ status }) => status === 101)?.protocol, "chat.v1");

  const short = await startChat(t, chat.world, { ticketSeconds: 1 });
  const { body } = await call<{ ticket: string }>(short.url, ada, "POST", "/v1/chat/ticket");
  await forAWhile(() => undefined, 1_100);
  const late = await upgrade(`${short.url}/v1/chat/socket`, {}, ["chat.v1", `ticket.${body.ticket}`]);
  t.equal(late.status, 401, "it does not keep");
});

await t.test("what is said reaches every device of both, on every instance, in order and once", async (t) => {
  const { ada, bo, id } = await pair();
  const sender = await Device.resumed(one.url, ada, 0);
  const devices = [
    sender,
    await Device.resumed(two.url, ada, 0),
    await Device.resumed(one.url, bo, 0),
    await Device.resumed(two.url, bo, 0),
  ];
  const texts = Array.from({ length: 100 }, (_, i) => `message ${i}`);
  const acks = await Promise.all(texts.map((text) => sender.send(id, text)));
  t.same(
    acks.map((ack) => ack.type === "ack" && ack.message?.seq),
    texts.map((_, i) => i + 1),
    "in the order sent",
  );
  for (const device of devices) {
    await eventually(() => {
      if (device.texts.length < texts.length) throw new Error(`has ${device.texts.length}`);
    });
    t.same(device.texts, texts);
    t.same(
      device.changes.map(({ seq }) => seq),
      texts.map((_, i) => i + 1).concat(101),
      "seqs without a gap",
    );
  }
  const reader = devices[3] as Device;
  t.match(await reader.ask({ type: "read", ref: "read", conversationId: id, seq: 100 }), {
    type: "ack",
    ref: "read",
  });
  for (const device of devices) {
    const { change } = await device.change("receipt");
    t.match(change, { receipt: { conversationId: id, memberId: bo.id, seq: 100 } });
  }
  for (const device of devices) await device.close();
});

await t.test("a device that comes back anywhere gets what it missed, each change once", async (t) => {
  const seed = Number(process.env["KISMET_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  t.comment(`seed ${seed} (KISMET_TEST_SEED replays it)`);
  const random = mulberry32(seed);
  const { ada, bo, id } = await pair();
  const total = 120;
  const sending = (async () => {
    for (let i = 0; i < total; i += 1) await post(i % 2 ? one.url : two.url, ada, id, `message ${i}`);
  })();

  const got: { seq: number; text: string }[] = [];
  while (got.length < total + 1) {
    const device = await Device.resumed(random() < 0.5 ? one.url : two.url, bo, got.length);
    const enough = Math.min(Math.floor(random() * 12), total + 1 - got.length);
    await eventually(() => {
      if (device.changes.length < enough) throw new Error(`has ${device.changes.length} of ${enough}`);
    });
    device.ws.terminate();
    for (const { seq, change } of device.changes) {
      got.push({ seq, text: change.type === "message" ? (change.message.text ?? "") : change.type });
    }
  }
  await sending;
  t.same(
    got.map(({ seq }) => seq),
    Array.from({ length: total + 1 }, (_, i) => i + 1),
  );
  t.same(
    got.slice(1).map(({ text }) => text),
    Array.from({ length: total }, (_, i) => `message ${i}`),
  );
});

/** Deterministic: a failure is replayed from its seed. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

await t.test("a device whose past is not kept any more is told to read everything anew", async (t) => {
  const { ada, bo, id } = await pair();
  for (let i = 0; i < 3; i += 1) await post(one.url, ada, id, `message ${i}`);
  await chat.world.sql("DELETE FROM chat.changes WHERE member_id = $1 AND seq <= 2", [bo.id]);
  const device = await Device.connect(one.url, bo);
  t.match(await device.resume(1), { next: 4, fullSync: true });
  t.same(device.changes, []);
  t.match(await device.resume(2), { next: 2, fullSync: false });
  await eventually(() => {
    if (device.changes.length < 2) throw new Error("not yet");
  });
  t.match(
    await device.resume(99),
    { next: 4, fullSync: true },
    "what has not happened yet is known by nobody",
  );
  await post(two.url, ada, id, "live again");
  await eventually(() => {
    if (device.texts.at(-1) !== "live again") throw new Error("not yet");
  });
  t.same(
    device.changes.map(({ seq }) => seq),
    [3, 4, 5],
  );
  const over = (since: string) => call<ChangePage>(two.url, bo, "GET", `/v1/chat/changes${since}`);
  t.match((await over("?since=1")).body, { items: [], next: 5, fullSync: true });
  t.match(
    (await over("")).body,
    { items: [], next: 5, fullSync: true },
    "a new client learns where to begin",
  );
  t.match((await over("?since=3")).body, { items: [{ seq: 4 }, { seq: 5 }], next: 5, fullSync: false });
});

await t.test("what signals did not tell is found by looking", async (t) => {
  const { ada, bo, id } = await pair();
  const device = await Device.resumed(one.url, bo, 1);
  // Committed by an instance that died before it could signal.
  const key = newId();
  await post(two.url, ada, id, "told");
  await device.change("message");
  await chat.world.sql(
    `WITH m AS (INSERT INTO chat.messages SELECT conversation_id, 2, gen_random_uuid(), sender_id, $2, type, 'untold', now()
       FROM chat.messages WHERE conversation_id = $1 RETURNING conversation_id),
     c AS (UPDATE chat.members SET change_seq = change_seq + 1 WHERE id = $3 RETURNING change_seq)
     INSERT INTO chat.changes (member_id, seq, conversation_id, message_seq, request_id, traceparent, created_at)
     SELECT $3, c.change_seq, m.conversation_id, 2, 'r', '00-00000000000000000000000000000001-0000000000000001-01', now()
     FROM m, c`,
    [id, key, bo.id],
  );
  await eventually(() => {
    if (device.texts.length < 2) throw new Error("not yet");
  });
  t.same(device.texts, ["told", "untold"]);
  t.same(
    device.changes.map(({ seq }) => seq),
    [2, 3],
  );
});

await t.test(
  "A12 a frame that is wrong is answered, and the socket survives or closes with the right code",
  async (t) => {
    const { ada, id } = await pair();
    const device = await Device.connect(one.url, ada);
    const send = {
      type: "send",
      ref: "x",
      conversationId: id,
      clientMessageId: newId(),
      message: { type: "text", text: "a" },
    };
    const wrong: [frame: object | string, code: string, ref?: string][] = [
      ["{", "CHAT_FRAME_MALFORMED"],
      ["", "CHAT_FRAME_MALFORMED"],
      ["[1]", "CHAT_FRAME_MALFORMED"],
      [`${'{"a":'.repeat(30)}1${"}".repeat(30)}`, "CHAT_FRAME_MALFORMED"],
      [{ type: "admin", ref: "a" }, "CHAT_FRAME_UNKNOWN", "a"],
      [{ ...send, ref: "b", message: { type: "text", text: "" } }, "VALIDATION_FAILED", "b"],
      [{ ...send, ref: "c", message: { type: "text", text: "\u202e" } }, "VALIDATION_FAILED", "c"],
      [{ ...send, ref: "d", conversationId: "1" }, "VALIDATION_FAILED", "d"],
      [{ ...send, ref: "e", senderId: ada.id }, "VALIDATION_FAILED", "e"],
      [{ ...send, ref: "f", conversationId: newId() }, "CHAT_CONVERSATION_NOT_FOUND", "f"],
      [{ type: "resume", ref: "g", since: -1 }, "VALIDATION_FAILED", "g"],
    ];
    for (const [i, [frame, code, ref]] of wrong.entries()) {
      device.raw(frame);
      await eventually(() => {
        if (device.frames.length <= i) throw new Error(`no answer to ${JSON.stringify(frame).slice(0, 80)}`);
      });
      t.match(device.frames[i], { type: "error", code, ...(ref ? { ref } : {}) });
    }
    t.match(await device.ask({ type: "ping", ref: "p" }), { type: "pong", ref: "p" }, "it is still open");
    const key = newId();
    t.match(await device.send(id, "a", key), { type: "ack", message: { seq: 1 } });
    t.match(await device.send(id, "a", key), { type: "ack", message: { seq: 1 } });
    t.match(await device.send(id, "b", key), { type: "error", code: "CHAT_MESSAGE_CONFLICT" });

    device.raw(Buffer.from([1, 2, 3]));
    t.equal((await device.untilClosed()).code, closeCodes.binaryFrame);
    t.match(device.frames.at(-1), { type: "error", code: "CHAT_FRAME_BINARY" });

    const large = await Device.connect(one.url, ada);
    large.raw({ ...send, message: { type: "text", text: "x".repeat(40_000) } });
    t.equal((await large.untilClosed()).code, closeCodes.frameTooLarge);

    const stubborn = await Device.connect(one.url, ada);
    for (let i = 0; i < 150; i += 1) stubborn.raw("{");
    t.equal((await stubborn.untilClosed()).code, closeCodes.tooManyFrames);
    t.ok((await post(one.url, ada, id, "the service is as before")).status === 201);
  },
);

await t.test("A21 a member has one allowance, over all sockets, HTTP and instances", async (t) => {
  const narrow = { messagesPerMinute: 10, framesPerMinute: 15 };
  const three = await startChat(t, chat.world, narrow);
  const four = await startChat(t, chat.world, narrow);
  const { ada, bo, id } = await pair();
  const devices = [
    await Device.connect(three.url, ada),
    await Device.connect(four.url, ada),
    await Device.connect(four.url, ada),
  ];
  const answers = await Promise.all([
    ...devices.flatMap((device) => Array.from({ length: 6 }, (_, i) => device.send(id, `frame ${i}`))),
    ...[three, four].flatMap(({ url }) =>
      Array.from({ length: 4 }, (_, i) => post(url, ada, id, `http ${i}`)),
    ),
  ]);
  const accepted = answers.filter((one) => ("status" in one ? one.status === 201 : one.type === "ack"));
  t.equal(accepted.length, 10);
  const refusals = answers.filter((one) => !accepted.includes(one));
  for (const refusal of refusals) {
    if ("status" in refusal) t.match(refusal, { status: 429, body: { code: "RATE_LIMITED" } });
    else t.match(refusal, { type: "error", code: "RATE_LIMITED" });
  }
  const overHttp = refusals.find((one) => "status" in one);
  if (overHttp && "headers" in overHttp) t.ok(Number(overHttp.headers.get("retry-after")) > 50);
  t.equal((await post(three.url, bo, id, "the other one has an allowance of her own")).status, 201);

  const pings = await Promise.all(
    devices.flatMap((device) =>
      Array.from({ length: 8 }, (_, i) => device.ask({ type: "ping", ref: `p${i}` })),
    ),
  );
  t.equal(pings.filter(({ type }) => type === "pong").length, 15, "frames of any kind are counted");
});

await t.test("A21 while Redis is away each instance counts by itself, and chat works on", async (t) => {
  const alone = await startChat(t, chat.world, { messagesPerMinute: 5, redisUrl: "redis://127.0.0.1:1/0" });
  const { ada, bo, id } = await pair();
  const [hers, his] = [await Device.connect(alone.url, ada), await Device.resumed(one.url, bo, 1)];
  const answers = [];
  for (let i = 0; i < 8; i += 1) answers.push(await hers.send(id, `message ${i}`));
  t.same(
    answers.map((answer) => (answer.type === "ack" ? "ack" : answer.code)),
    [...Array.from({ length: 5 }, () => "ack"), ...Array.from({ length: 3 }, () => "RATE_LIMITED")],
  );
  await eventually(() => {
    if (his.texts.length < 5) throw new Error("not yet");
  });
  t.match(await call(alone.url, ada, "POST", "/v1/chat/ticket"), {
    status: 503,
    body: { code: "UNAVAILABLE" },
  });
});

await t.test("typing is told to the other one, now and then, and kept nowhere", async (t) => {
  const { ada, bo, id } = await pair();
  const [hers, his] = [await Device.resumed(one.url, ada, 1), await Device.resumed(two.url, bo, 1)];
  for (let i = 0; i < 5; i += 1) hers.raw({ type: "typing", conversationId: id });
  t.match(await his.find(({ type }) => type === "typing"), {
    type: "typing",
    conversationId: id,
    memberId: ada.id,
  });
  await hers.send(id, "done");
  await his.change("message");
  t.equal(his.frames.filter(({ type }) => type === "typing").length, 1);
  t.equal(hers.frames.filter(({ type }) => type === "typing").length, 0);
});

await t.test("A02 neither a socket nor a ticket outlives a proof of age", async (t) => {
  const { ada } = await pair();
  const socket = await Device.connect(two.url, ada);
  const { body } = await call<{ ticket: string }>(one.url, ada, "POST", "/v1/chat/ticket");
  await chat.auth.emit(AccountChanged, {
    aggregateId: ada.id,
    payload: { memberId: ada.id, version: 2, status: "age_unproven", changedAt: new Date().toISOString() },
  });
  t.equal((await socket.untilClosed()).code, closeCodes.accountNotActive);
  const late = await upgrade(`${two.url}/v1/chat/socket`, {}, ["chat.v1", `ticket.${body.ticket}`]);
  t.equal(late.status, 403);
});

await t.test("A02 a revoked session and a deleted account lose their sockets within a second", async (t) => {
  const { ada, bo, id } = await pair();
  const sessionId = newId();
  const token = chat.world.signer.token({ memberId: ada.id, sessionId });
  const revoked = await Device.connect(one.url, { ...ada, token });
  const other = await Device.connect(two.url, ada);
  const { body } = await call<{ ticket: string }>(one.url, { ...ada, token }, "POST", "/v1/chat/ticket");
  const begin = performance.now();
  await chat.auth.emit(SessionRevoked, {
    aggregateId: ada.id,
    payload: { memberId: ada.id, sessionId, revokedAt: new Date().toISOString() },
  });
  t.equal((await revoked.untilClosed()).code, closeCodes.sessionEnded);
  t.ok(performance.now() - begin < 1_000);
  t.equal(other.closed, undefined, "the other session lives on");
  const late = await upgrade(`${two.url}/v1/chat/socket`, {}, ["chat.v1", `ticket.${body.ticket}`]);
  t.equal(late.status, 401, "nor does a ticket outlive the session");

  const partner = await Device.resumed(two.url, bo, 1);
  const account = (version: number, status: "active" | "deleting") =>
    chat.auth.emit(AccountChanged, {
      aggregateId: ada.id,
      payload: { memberId: ada.id, version, status, changedAt: new Date().toISOString() },
    });
  await account(2, "deleting");
  t.equal((await other.untilClosed()).code, closeCodes.accountNotActive);
  await partner.change("unmatch");
  t.equal((await post(one.url, bo, id, "are you there?")).status, 404);
  t.same((await call<{ items: object[] }>(one.url, bo, "GET", "/v1/conversations")).body.items, [], "hidden");
  await account(3, "active");
  await account(2, "deleting");
  t.match((await partner.change("match")).change, { match: { id, memberId: ada.id } });
  t.equal((await post(one.url, bo, id, "welcome back")).status, 201);
  t.match((await call<{ items: object[] }>(one.url, bo, "GET", "/v1/conversations")).body.items, [{ id }]);
});

await t.test("readers that do not read and peers that have died are let go", async (t) => {
  const watchful = await startChat(t, chat.world, { slowReaderMs: 300, heartbeatMs: 200 });
  const { ada, bo, id } = await pair();
  const slow = await Device.resumed(watchful.url, bo, 1);
  const before = process.memoryUsage().rss;
  slow.ws.pause();
  const text = "😀".repeat(2_000);
  await Promise.all(Array.from({ length: 800 }, () => post(one.url, ada, id, text)));
  await eventually(async () => {
    const { body } = await metrics(watchful.opsUrl);
    if (!/kismet_chat_sockets\{.*\} 0/.test(body)) throw new Error("it still has the socket");
  });
  t.ok(process.memoryUsage().rss - before < 200 * 2 ** 20, "what it did not read was kept in the database");
  slow.ws.resume();
  t.ok((await slow.untilClosed()).code !== 1000);
  const again = await Device.resumed(one.url, bo, slow.changes.at(-1)?.seq ?? 1);
  await eventually(() => {
    if (slow.texts.length + again.texts.length < 800) throw new Error(`${again.texts.length}`);
  });
  t.same(
    [...slow.changes, ...again.changes].map(({ seq }) => seq),
    Array.from({ length: 800 }, (_, i) => i + 2),
  );

  const dead = connect(Number(new URL(watchful.url).port), "127.0.0.1");
  dead.write(
    [
      "GET /v1/chat/socket HTTP/1.1",
      "Host: localhost",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      `Authorization: Bearer ${bo.token}`,
      "",
      "",
    ].join("\r\n"),
  );
  // Takes everything and answers no ping.
  dead.on("data", () => undefined);
  await once(dead, "close");
  t.pass("a peer that answers no ping is cut off");
});

async function metrics(opsUrl: string): Promise<{ body: string }> {
  return { body: await (await fetch(`${opsUrl}/metrics`)).text() };
}

await t.test(
  "A29 an instance that stops acknowledges what it began, and tells clients when to come back",
  async (t) => {
    const leaving = await startChat(t, chat.world);
    const { ada, bo, id } = await pair();
    const device = await Device.resumed(leaving.url, ada, 1);
    const texts = Array.from({ length: 200 }, (_, i) => `message ${i}`);
    const keys = texts.map(() => newId());
    for (const [i, text] of texts.entries()) {
      const message = { type: "text" as const, text };
      device.raw({
        type: "send",
        ref: `s${i}`,
        conversationId: id,
        clientMessageId: keys[i] as string,
        message,
      });
    }
    await device.answer("s0");
    await leaving.stop();
    t.equal((await device.untilClosed()).code, closeCodes.serviceRestart);
    const farewell = device.frames.find(({ type }) => type === "reconnect");
    t.ok(farewell?.type === "reconnect" && farewell.afterMs <= 100);

    const acked = device.frames.flatMap((frame) =>
      frame.type === "ack" && frame.message ? [frame.message] : [],
    );
    const again = await Device.resumed(one.url, ada, device.changes.at(-1)?.seq ?? 1);
    for (const [i, text] of texts.entries()) {
      const answer = await again.send(id, text, keys[i]);
      t.equal(answer.type, "ack");
    }
    const partner = await Device.resumed(two.url, bo, 1);
    await eventually(() => {
      if (partner.texts.length < texts.length) throw new Error(`has ${partner.texts.length}`);
    });
    t.same(partner.texts, texts, "in order, each once");
    for (const { seq, text } of acked) t.equal(partner.texts[seq - 1], text);
  },
);

await t.test(
  "A21 a member has so many devices at once: one more takes the place of the oldest",
  async (t) => {
    const narrow = await startChat(t, chat.world, { socketsPerMember: 3 });
    const { ada, bo, id } = await pair();
    const partner = await Device.resumed(narrow.url, bo, 1);
    const devices: Device[] = [];
    for (let i = 0; i < 5; i += 1) devices.push(await Device.resumed(narrow.url, ada, 1));
    for (const oldest of devices.splice(0, 2))
      t.same(await oldest.untilClosed(), { code: closeCodes.tooManyDevices, reason: "too many devices" });
    await partner.send(id, "still here");
    for (const device of devices)
      t.match((await device.change("message")).change, { message: { text: "still here" } });
    t.notOk(partner.closed, "others keep theirs");
    await devices.pop()?.close();
    devices.push(await Device.resumed(narrow.url, ada, 1));
    await forAWhile(() => undefined, 100);
    for (const device of devices) t.notOk(device.closed, "who has left takes no place");
  },
);

await t.test("a client that leaves in the middle of its upgrade leaves no device", async (t) => {
  const quiet = await startChat(t, chat.world);
  const { ada } = await pair();
  for (let i = 0; i < 20; i += 1) {
    const { body } = await call<{ ticket: string }>(quiet.url, ada, "POST", "/v1/chat/ticket");
    const socket = connect(Number(new URL(quiet.url).port), "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(
      [
        "GET /v1/chat/socket HTTP/1.1",
        "Host: localhost",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        `Sec-WebSocket-Protocol: chat.v1, ticket.${body.ticket}`,
        "",
        "",
      ].join("\r\n"),
      () => void (i % 2 ? socket.resetAndDestroy() : socket.end()),
    );
  }
  await eventually(async () => {
    const { body } = await metrics(quiet.opsUrl);
    for (const name of ["kismet_chat_sockets", "kismet_http_requests_in_flight"])
      if (!new RegExp(`${name}\\{.*\\} 0`).test(body)) throw new Error(`${name} is not 0`);
  });
  t.equal(
    (await upgrade(`${quiet.url}/v1/chat/socket`, { authorization: `Bearer ${ada.token}` })).status,
    101,
  );
});

// The last one: nothing that this world's key has signed is good afterwards.
await t.test("A02 A10 sockets end with the key that signed their tokens, and so do tickets", async (t) => {
  const { ada, bo } = await pair();
  const [hers, his] = [await Device.connect(one.url, ada), await Device.connect(two.url, bo)];
  const { body } = await call<{ ticket: string }>(one.url, ada, "POST", "/v1/chat/ticket");
  const revoke = (kid: string) =>
    chat.auth.emit(KeyRevoked, { aggregateId: kid, payload: { kid, revokedAt: new Date().toISOString() } });
  await revoke("another-key");
  const begin = performance.now();
  await revoke(chat.world.signer.jwk.kid);
  for (const device of [hers, his])
    t.equal((await device.untilClosed()).code, closeCodes.sessionEnded, "refresh, and come back");
  t.ok(performance.now() - begin < 1_000);
  const late = await upgrade(`${two.url}/v1/chat/socket`, {}, ["chat.v1", `ticket.${body.ticket}`]);
  t.equal(late.status, 401);
});

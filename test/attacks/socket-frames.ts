import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { ClientFrame, closeCodes, ServerFrame } from "@kismet/contracts";
import type { System } from "@kismet/testing";
import fc from "fast-check";
import type { Test } from "tap";
import { Compile } from "typebox/compile";
import { WebSocket } from "ws";
import type { SystemMember } from "../member.ts";
import { nastyValue, nearlyValid, type Schema, valid } from "./from-schema.ts";

/** RFC 6455, 7.4.1: a broken protocol, text that is no UTF-8; and ours. Never 1011, which an exception would be. */
const endings = new Set<number>([1000, 1002, 1005, 1007, ...Object.values(closeCodes)]);
/** Which say that the service is at fault. */
const theirFault = new Set<number>([closeCodes.serviceRestart]);
const isExpected = (code: number) => endings.has(code) && !theirFault.has(code);

const serverFrame = Compile(ServerFrame);
const withinMs = 20_000;
const atOnce = 8;

type Act =
  | { does: "text"; text: string }
  | { does: "binary"; bytes: Uint8Array }
  | { does: "fragments"; parts: string[]; binary: boolean }
  | { does: "control"; bytes: Uint8Array };

function acts(ids: readonly string[]): fc.Arbitrary<Act[]> {
  const schemas = Object.values(ClientFrame) as unknown as Schema[];
  const json = (value: fc.Arbitrary<unknown>) =>
    value.map((each): Act => ({ does: "text", text: JSON.stringify(each) ?? "" }));
  const good = json(fc.oneof(...schemas.map((schema) => valid(schema, ids))));
  const nearly = json(fc.oneof(...schemas.map((schema) => nearlyValid(schema, ids))));
  const strange = fc
    .constantFrom(
      "",
      "null",
      "[]",
      "{",
      '{"type":"ping"',
      '{"type":"__proto__","ref":"x"}',
      '{"type":"ping","ref":"x","ref":"y","__proto__":{"type":"send"}}',
      `{"type":"ping","ref":${"[".repeat(5_000)}1${"]".repeat(5_000)}}`,
      `${'{"a":'.repeat(2_000)}1${"}".repeat(2_000)}`,
      `{"type":"ping","ref":"${"a".repeat(32_000)}"}`,
      '{"type":"resume","ref":"r","since":-1}',
      '{"type":"resume","ref":"r","since":1e308}',
      "\u0000\ufeff\ud7ff",
    )
    .map((text): Act => ({ does: "text", text }));
  const bytes = fc.uint8Array({ maxLength: 200 });
  const fragments = fc
    .tuple(
      fc.array(fc.string({ maxLength: 20 }), { minLength: 2, maxLength: 5 }),
      fc.integer({ max: 20, min: 0 }),
    )
    .map(([parts, odd]): Act => ({ does: "fragments", parts, binary: odd === 0 }));
  const whole = good.map((act): Act => {
    const text = act.does === "text" ? act.text : "";
    return { does: "fragments", parts: [text.slice(0, 9), text.slice(9)], binary: false };
  });
  const closing = fc.oneof(
    fc.constant<Act>({ does: "text", text: "a".repeat(40_000) }),
    fc.constant<Act>({ does: "text", text: "a".repeat(70_000) }),
    bytes.map((each): Act => ({ does: "binary", bytes: each })),
  );
  const one = fc.oneof(
    { arbitrary: good, weight: 6 },
    { arbitrary: nearly, weight: 8 },
    { arbitrary: json(fc.oneof(fc.jsonValue(), nastyValue)), weight: 4 },
    { arbitrary: strange, weight: 4 },
    { arbitrary: fragments, weight: 2 },
    { arbitrary: whole, weight: 2 },
    {
      arbitrary: fc.uint8Array({ maxLength: 125 }).map((each): Act => ({ does: "control", bytes: each })),
      weight: 1,
    },
    { arbitrary: closing, weight: 1 },
  );
  return fc.array(one, { minLength: 1, maxLength: 14 });
}

function perform(socket: WebSocket, act: Act): void {
  if (act.does === "text") socket.send(act.text);
  else if (act.does === "binary") socket.send(act.bytes);
  else if (act.does === "control") socket.ping(act.bytes);
  else
    act.parts.forEach((part, i) => {
      socket.send(part, { fin: i === act.parts.length - 1, binary: act.binary });
    });
}

function openSocket({ url }: System, { token }: SystemMember): WebSocket {
  return new WebSocket(`${url.replace("http", "ws")}/v1/chat/socket`, "chat.v1", {
    headers: { authorization: `Bearer ${token}` },
    handshakeTimeout: withinMs,
  });
}

/** Sends it all and then a last ping, which is answered, unless the socket was closed as it may be. */
async function converse(system: System, member: SystemMember, sent: Act[]): Promise<string[]> {
  const faults: string[] = [];
  const socket = openSocket(system, member);
  socket.on("error", () => undefined);
  const { promise: ended, resolve } = Promise.withResolvers<"answered" | "silent" | number>();
  const timer = setTimeout(() => resolve("silent"), withinMs);
  socket.on("close", resolve);
  socket.on("message", (data: Buffer) => {
    const frame: unknown = JSON.parse(data.toString());
    if (!serverFrame.Check(frame)) return void faults.push(`says ${data.toString().slice(0, 200)}`);
    if (frame.type === "error" && /^(INTERNAL|UNAVAILABLE|DEADLINE)/.test(frame.code))
      faults.push(`answers ${frame.code}`);
    if (frame.type === "pong" && frame.ref === "the last") resolve("answered");
  });
  await once(socket, "open");
  for (const act of sent) perform(socket, act);
  socket.send(JSON.stringify({ type: "ping", ref: "the last" }), () => undefined);
  const end = await ended;
  clearTimeout(timer);
  socket.terminate();
  if (end === "silent" || (end !== "answered" && !isExpected(end))) faults.push(`ends with ${end}`);
  return faults;
}

/** A frame as RFC 6455, 5.2 has it, with any of it wrong. */
function frame(first: number, payload: Buffer, { masked = true, length = payload.length } = {}): Buffer {
  const mask = masked ? 0x80 : 0;
  const size = length < 126 ? Buffer.from([mask | length]) : Buffer.alloc(length < 65_536 ? 3 : 9);
  if (length >= 65_536) {
    size.writeUInt8(mask | 127);
    size.writeBigUInt64BE(BigInt.asUintN(64, BigInt(length)), 1);
  } else if (length >= 126) {
    size.writeUInt8(mask | 126);
    size.writeUInt16BE(length, 1);
  }
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([Buffer.from([first]), size, ...(masked ? [Buffer.alloc(4)] : []), payload]);
}

const text = (value: string) => Buffer.from(value);
const ping = text('{"type":"ping","ref":"x"}');

/** What no client library would send. Each is to be answered by a closing, whose code is beside it if only one is right. */
const broken: [what: string, bytes: Buffer, code?: number][] = [
  ["no mask", frame(0x81, ping, { masked: false }), 1002],
  ["a reserved bit", frame(0xc1, ping), 1002],
  ["an opcode that nobody has", frame(0x83, ping), 1002],
  ["a control opcode that nobody has", frame(0x8b, ping), 1002],
  ["a continuation of nothing", frame(0x80, ping), 1002],
  ["a new message within another", Buffer.concat([frame(0x01, ping), frame(0x81, ping)]), 1002],
  ["a ping in pieces", frame(0x09, ping), 1002],
  ["a ping that is too long", frame(0x89, Buffer.alloc(126)), 1002],
  ["text that is no UTF-8", frame(0x81, Buffer.from([0xff, 0xfe, 0xc0, 0xaf])), 1007],
  ["half a character", frame(0x81, Buffer.from([0xe2, 0x82])), 1007],
  ["a close of one byte", frame(0x88, Buffer.from([3])), 1002],
  ["a close code that may not be sent", frame(0x88, Buffer.from([0x03, 0xed])), 1002],
  ["a close code of nobody", frame(0x88, Buffer.from([0x00, 0x01])), 1002],
  ["a close reason that is no UTF-8", frame(0x88, Buffer.from([0x03, 0xe8, 0xff])), 1007],
  ["a length of 1 GB", frame(0x81, Buffer.alloc(10), { length: 2 ** 30 }), 1009],
  ["a length beyond numbers", frame(0x81, Buffer.alloc(10), { length: 2 ** 63 }), 1009],
  [
    "pieces without end",
    Buffer.concat([frame(0x01, ping), ...Array.from({ length: 3_000 }, () => frame(0x00, ping))]),
    1009,
  ],
];

/** The code with which the server closes; 0 if it only hangs up. */
async function writeRaw({ url }: System, { token }: SystemMember, bytes: Buffer): Promise<number> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const received: Buffer[] = [];
  socket.on("error", () => undefined);
  socket.setTimeout(withinMs, () => socket.destroy(new Error("the server keeps it open")));
  await once(socket, "connect");
  socket.write(
    [
      "GET /v1/chat/socket HTTP/1.1",
      `host: ${hostname}:${port}`,
      "connection: upgrade",
      "upgrade: websocket",
      "sec-websocket-version: 13",
      `sec-websocket-key: ${randomBytes(16).toString("base64")}`,
      "sec-websocket-protocol: chat.v1",
      `authorization: Bearer ${token}`,
      "\r\n",
    ].join("\r\n"),
  );
  let upgraded = false;
  socket.on("data", (data: Buffer) => {
    received.push(data);
    const all = Buffer.concat(received);
    const head = all.indexOf("\r\n\r\n");
    if (upgraded || head < 0) return;
    upgraded = true;
    assert.match(all.toString("latin1"), /^HTTP\/1\.1 101 /);
    received.splice(0, received.length, all.subarray(head + 4));
    // Half-closed: what it does not understand, or waits for the rest of, it has to end.
    socket.end(bytes);
  });
  await once(socket, "close");
  assert.ok(upgraded, "it was a socket");
  return closeCodeIn(Buffer.concat(received));
}

/** Of the server's frames, none of which is masked. */
function closeCodeIn(bytes: Buffer): number {
  for (let at = 0; at + 2 <= bytes.length;) {
    const opcode = bytes.readUInt8(at) & 15;
    const short = bytes.readUInt8(at + 1) & 127;
    const head = short === 126 ? 4 : short === 127 ? 10 : 2;
    const length = short === 126 ? bytes.readUInt16BE(at + 2) : short;
    if (opcode === 8) return length >= 2 ? bytes.readUInt16BE(at + head) : 1005;
    at += head + length;
  }
  return 0;
}

/** A08 A02 Whatever comes in over a socket is answered by a frame, or the socket is closed with a code that has a meaning. */
export async function attackSockets(
  t: Test,
  system: System,
  { member, ids, seed, runs }: { member: SystemMember; ids: readonly string[]; seed: number; runs: number },
): Promise<void> {
  const waiting = fc.sample(acts(ids), { seed, numRuns: runs });
  const faults: string[] = [];
  let frames = 0;
  const work = async () => {
    for (let sent = waiting.pop(); sent; sent = waiting.pop()) {
      frames += sent.length;
      const found = await converse(system, member, sent);
      faults.push(...found.map((fault) => `${fault}\n  ${JSON.stringify(sent).slice(0, 900)}`));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  t.same(faults.slice(0, 3), [], `${frames} frames over ${runs} sockets`);

  const noise = fc.sample(fc.uint8Array({ minLength: 1, maxLength: 400 }), { seed, numRuns: runs / 2 });
  const raw: typeof broken = [
    ...broken,
    ...noise.map((bytes, i): [string, Buffer] => [`noise ${i}`, Buffer.from(bytes)]),
  ];
  const ends = raw.map(async ([what, bytes, code]) => {
    const ended = await writeRaw(system, member, bytes);
    if (code !== undefined) t.equal(ended, code, what);
    else t.ok(ended === 0 || isExpected(ended), `${what}: ${ended}, ${bytes.toString("hex").slice(0, 80)}`);
  });
  await Promise.all(ends);
  t.same(await converse(system, member, []), [], "a good socket is served as before");
}

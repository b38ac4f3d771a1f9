import { randomUUIDv7 } from "node:crypto";
import { test } from "tap";
import { checkFrame, parseFrame, refOf } from "./read-frame.ts";

const conversationId = randomUUIDv7();
const send = {
  type: "send",
  ref: "1",
  conversationId,
  clientMessageId: randomUUIDv7(),
  message: { type: "text", text: "hello" },
};

function codeOf(text: string): string {
  try {
    checkFrame(parseFrame(text));
    return "accepted";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test("A12 frames are held to the schemas of their type", async (t) => {
  const deep = `${'{"a":'.repeat(20)}1${"}".repeat(20)}`;
  const cases: [text: string, code: string][] = [
    [JSON.stringify(send), "accepted"],
    [JSON.stringify({ type: "read", ref: "1", conversationId, seq: 1 }), "accepted"],
    [JSON.stringify({ type: "typing", conversationId }), "accepted"],
    [JSON.stringify({ type: "resume", ref: "1", since: 0 }), "accepted"],
    [JSON.stringify({ type: "ping", ref: "1" }), "accepted"],
    ["{", "CHAT_FRAME_MALFORMED"],
    ["[]", "CHAT_FRAME_MALFORMED"],
    ["null", "CHAT_FRAME_MALFORMED"],
    ['"ping"', "CHAT_FRAME_MALFORMED"],
    [deep, "CHAT_FRAME_MALFORMED"],
    ["[".repeat(10_000), "CHAT_FRAME_MALFORMED"],
    ["{}", "CHAT_FRAME_UNKNOWN"],
    [JSON.stringify({ ...send, type: "admin" }), "CHAT_FRAME_UNKNOWN"],
    [JSON.stringify({ ...send, type: "constructor" }), "CHAT_FRAME_UNKNOWN"],
    [JSON.stringify({ ...send, type: ["send"] }), "CHAT_FRAME_UNKNOWN"],
    [JSON.stringify({ ...send, senderId: randomUUIDv7() }), "VALIDATION_FAILED"],
    [JSON.stringify({ ...send, conversationId: "1" }), "VALIDATION_FAILED"],
    [JSON.stringify({ ...send, message: { type: "text", text: "" } }), "VALIDATION_FAILED"],
    [JSON.stringify({ ...send, message: { type: "text", text: "x".repeat(2_001) } }), "VALIDATION_FAILED"],
    [JSON.stringify({ ...send, message: { type: "image", text: "x" } }), "VALIDATION_FAILED"],
    [JSON.stringify({ ...send, ref: "x".repeat(65) }), "VALIDATION_FAILED"],
    ['{"type":"ping","ref":"1","__proto__":{"admin":true}}', "VALIDATION_FAILED"],
    [JSON.stringify({ type: "read", ref: "1", conversationId, seq: 1.5 }), "VALIDATION_FAILED"],
    [JSON.stringify({ type: "read", ref: "1", conversationId, seq: "1" }), "VALIDATION_FAILED"],
    ['{"type":"resume","ref":"1","since":1e400}', "VALIDATION_FAILED"],
    [JSON.stringify({ type: "resume", ref: "1", since: -1 }), "VALIDATION_FAILED"],
  ];
  for (const [text, code] of cases) t.equal(codeOf(text), code, text.slice(0, 80));
  t.same(refOf({ ref: "a" }), { ref: "a" });
  t.same(refOf({ ref: "x".repeat(65) }), {});
  t.same(refOf({ ref: {} }), {});
});

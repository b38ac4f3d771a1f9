import { test } from "tap";
import { signatureFault, signBody } from "./signed-body.ts";

const secret = "a secret that only the two of them know, for this test";
const now = new Date("2026-11-24T12:00:00Z");
const rawBody = Buffer.from('{"id":"1"}');
const later = (seconds: number) => new Date(now.getTime() + seconds * 1_000);
const judge = (signature: unknown, body = rawBody) =>
  signatureFault(signature, { secret, rawBody: body, now, toleranceSeconds: 300 });

test("a webhook is believed if it was signed with the secret, over these bytes, and just now", async (t) => {
  const good = signBody(secret, rawBody, now);
  t.equal(judge(good), undefined);
  const [time = "", mac = ""] = good.split(",");
  for (const [signature, fault] of [
    [undefined, "no signature"],
    ["", "no signature"],
    [[good, good], "no signature"],
    [mac, "no signature"],
    [`${time},v1=${mac.slice(3, 60)}`, "no signature"],
    [`${time},${mac.toUpperCase()}`, "no signature"],
    [signBody("another secret", rawBody, now), "wrong signature"],
    [signBody(secret, '{"id":"2"}', now), "wrong signature"],
    [good.replace(time, `t=${Number(time.slice(2)) + 1}`), "wrong signature"],
  ] as const) {
    t.equal(judge(signature), fault, String(signature));
  }
  t.equal(judge(good, Buffer.from('{"id": "1"}')), "wrong signature", "not even white space may differ");
});

test("a webhook's time may differ by the tolerance, to either side and no more", async (t) => {
  const table = {
    "-301": "too old",
    "-300": undefined,
    0: undefined,
    300: undefined,
    301: "from the future",
  };
  for (const [seconds, fault] of Object.entries(table)) {
    t.equal(judge(signBody(secret, rawBody, later(Number(seconds)))), fault, `${seconds} s`);
  }
});

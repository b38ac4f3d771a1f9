import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { ClientState } from "@kismet/contracts";
import { test } from "tap";
import { clientsUsableForMs, createClientKeys } from "./client-keys.ts";

let now = 1_000_000;
const clock = { now: () => new Date(now) };

function newKey(id: string): { key: string; state: { id: string; digest: string } } {
  const key = `kismet_${id}_${randomBytes(32).toString("base64url")}`;
  return { key, state: { id, digest: createHash("sha256").update(key).digest("hex") } };
}

const first = newKey("aaaaaaa1");
const second = newKey("aaaaaaa2");
const client: ClientState = {
  clientId: randomUUID(),
  version: 1,
  name: "ios",
  limitFactor: 1,
  keys: [first.state],
};

test("A37 A03 a key is known by all of it, and by nothing else", async (t) => {
  const keys = createClientKeys(clock);
  keys.reconcile([client], now);
  t.match(keys.identify(first.key), { clientId: client.clientId, name: "ios" });
  const wrong: [string, string][] = [
    ["empty", ""],
    ["of another form", "secret"],
    ["huge", `kismet_aaaaaaa1_${"a".repeat(16_000)}`],
    ["of another id", second.key],
    ["with another secret", `kismet_aaaaaaa1_${second.key.slice(16)}`],
    ["in capitals", first.key.toUpperCase()],
    ["with a space", `${first.key} `],
    ["its digest", first.state.digest],
  ];
  for (let i = 16; i < first.key.length; i += 1) {
    const other = first.key[i] === "A" ? "B" : "A";
    wrong.push([`another character at ${i}`, first.key.slice(0, i) + other + first.key.slice(i + 1)]);
  }
  for (const [what, key] of wrong) t.throws(() => keys.identify(key), { code: "CLIENT_KEY_REFUSED" }, what);
});

test("A37 both keys are good during a rotation; late news of an earlier state change nothing", async (t) => {
  const keys = createClientKeys(clock);
  keys.reconcile([client], now);
  keys.changed({ ...client, version: 2, keys: [first.state, second.state] });
  for (const { key } of [first, second]) t.equal(keys.identify(key).name, "ios");
  keys.changed({ ...client, version: 3, keys: [second.state] });
  keys.changed({ ...client, version: 2, keys: [first.state, second.state] });
  t.throws(() => keys.identify(first.key), { code: "CLIENT_KEY_REFUSED" });
  t.equal(keys.identify(second.key).name, "ios");
  keys.changed({ ...client, version: 4, keys: [] });
  t.throws(() => keys.identify(second.key), { code: "CLIENT_KEY_REFUSED" });
});

test("a reconciliation repairs what was missed, and doesn't undo what came while it was under way", async (t) => {
  const keys = createClientKeys(clock);
  t.throws(() => keys.identify(first.key), { code: "UNAVAILABLE" }, "nothing is known yet");
  keys.reconcile([client], now);
  const askedAt = (now += 1_000);
  now += 10;
  keys.changed({ ...client, version: 2, keys: [] });
  keys.reconcile([client], askedAt);
  t.throws(() => keys.identify(first.key), { code: "CLIENT_KEY_REFUSED" }, "revoked meanwhile");
  now += 1_000;
  keys.reconcile([{ ...client, version: 1 }], now);
  t.equal(keys.identify(first.key).name, "ios", "the register is right, also when it was set back");
  now += 1_000;
  keys.reconcile([], now);
  t.throws(() => keys.identify(first.key), { code: "CLIENT_KEY_REFUSED" }, "no longer in the register");
});

test("keys of a register that nobody has heard of for ten minutes are not believed", async (t) => {
  const keys = createClientKeys(clock);
  keys.reconcile([client], now);
  now += clientsUsableForMs - 1;
  t.equal(keys.identify(first.key).name, "ios");
  now += 2;
  t.throws(() => keys.identify(first.key), { code: "UNAVAILABLE" });
  keys.reconcile([client], now);
  t.equal(keys.identify(first.key).name, "ios");
});

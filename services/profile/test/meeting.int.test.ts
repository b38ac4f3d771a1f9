import assert from "node:assert/strict";
import { type BlockCreated, type BlockedMember, eraseMember, type PayloadOf } from "@kismet/contracts";
import { createDatabase } from "@kismet/database";
import { createParts, loadConfig } from "@kismet/service-kit";
import { environmentOf, eventually, newId, routesWithIds } from "@kismet/testing";
import { latLngToCell } from "h3-js";
import t from "tap";
import { saveBlock } from "../src/blocks/blocks-repository.ts";
import { Config } from "../src/config.ts";
import * as schema from "../src/schema.ts";
import {
  type Answer,
  berlin,
  birthDate,
  changeAccount,
  Client,
  createProfileWorld,
  eventsOf,
  mara,
  startProfile,
} from "./profile-world.ts";

/** Test files share two cores. */
const patience = { timeoutMs: 15_000 };

type BlockTold = PayloadOf<typeof BlockCreated>;

// Of a busy machine.
t.setTimeout(120_000);

const world = await createProfileWorld(t);
const limits = { locationChangesPerDay: 4, farMoveIntervalMs: 3_600_000, maxBlocksPerMember: 5 };
const [one, two] = [await startProfile(t, world, limits), await startProfile(t, world, limits)];

async function member(firstName = "Mara"): Promise<Client> {
  const client = new Client(world, one.url);
  await client.put("/v1/profile", { ...mara, firstName });
  return client;
}

/** The same member at the other instance. */
const elsewhere = ({ memberId }: Client) => new Client(world, two.url, memberId);
const cardOf = (client: Client) => `/v1/profiles/${client.memberId}`;
const blockOf = (client: Client) => `/v1/blocks/${client.memberId}`;
const blocksTold = (blocker: Client, blocked: Client) =>
  eventsOf<BlockTold>(world, `${blocker.memberId}:${blocked.memberId}`);
const statuses = (answers: Answer[]) => answers.map(({ status }) => status).sort();
/** What a client can tell one answer from another by. */
const comparable = ({ status, body }: Answer) => ({ status, body: { ...body, requestId: "" } });

await t.test("a position becomes a cell and is forgotten", async (t) => {
  const me = await member();
  const position = { latitude: 52.5173846, longitude: 13.3928175 };
  t.equal((await me.put("/v1/profile/location", { ...position, timeZone: "europe/berlin" })).status, 204);
  const last = (await eventsOf(world, me.memberId)).at(-1)?.payload;
  t.match(last, { version: 2, cell: latLngToCell(52.5173846, 13.3928175, 7), timeZone: "Europe/Berlin" });
  t.match((await me.get("/v1/profile")).body, { hasLocation: true, timeZone: "Europe/Berlin", version: 2 });

  const tables = await world.sql<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
      WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
  );
  t.ok(tables.length > 20, "every table of every service is read");
  const keeps = async (text: string): Promise<string[]> => {
    const found = await Promise.all(
      tables.map(({ name }) =>
        world.sql(`SELECT 1 FROM ${name} AS r WHERE row_to_json(r)::text LIKE $1 LIMIT 1`, [`%${text}%`]),
      ),
    );
    return tables.flatMap(({ name }, i) => (found[i]?.length ? [name] : []));
  };
  // Four decimals are eleven metres.
  for (const secret of ["52.5173", "13.3928", "525173", "133928"]) t.same(await keeps(secret), [], secret);
  t.same((await keeps(last?.cell ?? "")).sort(), ["profile.outbox", "profile.profiles"], "the cell is found");
});

await t.test("the same place again costs nothing, and what is no place is refused", async (t) => {
  const me = await member();
  for (let i = 0; i < 3; i++) t.equal((await me.put("/v1/profile/location", berlin)).status, 204);
  const { body: before } = await me.get("/v1/profile");
  t.equal(before["version"], 2);
  for (const [wrong, where] of [
    [{ latitude: 91, longitude: 0 }, "body/latitude"],
    [{ latitude: 0, longitude: -181 }, "body/longitude"],
    [{ latitude: "52", longitude: 13 }, "body/latitude"],
    [{ latitude: null, longitude: 13 }, "body/latitude"],
    [{ latitude: 52 }, "body"],
    [{ ...berlin, accuracy: 3 }, "body"],
    [{ ...berlin, timeZone: "Europe/Atlantis" }, "body/timeZone"],
    [{ ...berlin, timeZone: "+01:00" }, "body/timeZone"],
  ] as const) {
    const { status, body } = await me.put("/v1/profile/location", wrong);
    t.match(
      { status, code: body["code"] },
      { status: 400, code: "VALIDATION_FAILED" },
      JSON.stringify(wrong),
    );
    t.match((body["errors"] as { path: string }[])[0]?.path, new RegExp(`^${where}`));
  }
  t.same((await me.get("/v1/profile")).body, before);
});

await t.test("moves are counted one by one, also at once and at two instances", async (t) => {
  const me = await member();
  const places = Array.from({ length: 12 }, (_, i) => ({ latitude: 52 + i / 20, longitude: 13 }));
  const answers = await Promise.all(
    places.map((place, i) => (i % 2 ? me : elsewhere(me)).put("/v1/profile/location", place)),
  );
  t.same(statuses(answers), [...Array(4).fill(204), ...Array(8).fill(429)], "four a day are allowed");
  const refused = answers.find(({ status }) => status === 429);
  t.match(refused?.body, { code: "PROFILE_LOCATION_TOO_FREQUENT" });
  t.ok((refused?.retryAfter ?? 0) > 86_000 && (refused?.retryAfter ?? 0) <= 86_400);

  const jumper = await member();
  await jumper.put("/v1/profile/location", berlin);
  const far = { latitude: 48.85, longitude: 2.35 };
  t.equal((await jumper.put("/v1/profile/location", far)).status, 204);
  const back = await jumper.put("/v1/profile/location", berlin);
  t.match(back, { status: 429, body: { code: "PROFILE_LOCATION_TOO_FREQUENT" } }, "nobody is that fast");
  t.ok(back.retryAfter > 3_500 && back.retryAfter <= 3_600);
});

await t.test("a card has no position, no birth date, no e-mail and no preference", async (t) => {
  const [me, viewer] = [await member("Ilse"), await member()];
  await me.put("/v1/profile/location", { ...berlin, timeZone: "Europe/Berlin" });
  const { status, body } = await viewer.get(cardOf(me));
  t.equal(status, 200);
  t.same(Object.keys(body).sort(), ["age", "firstName", "gender", "interests", "memberId"]);
  const text = JSON.stringify(body);
  const cell = latLngToCell(berlin.latitude, berlin.longitude, 7);
  for (const secret of [birthDate, cell, "52.5", "13.4", "Berlin", "@"])
    t.notOk(text.includes(secret), secret);
});

await t.test("a block is mutual and immediate, said once, and taken back", async (t) => {
  const [ann, bob] = [await member("Ann"), await member("Bob")];
  const blocked = await Promise.all(
    Array.from({ length: 12 }, (_, i) => (i % 2 ? ann : elsewhere(ann)).put(blockOf(bob))),
  );
  t.ok(
    blocked.every(({ status }) => status === 204),
    "as often as it is asked for",
  );
  t.equal((await ann.put(`/v1/blocks/${bob.memberId.toUpperCase()}`)).status, 204);
  const pair = { blockerId: ann.memberId, blockedId: bob.memberId };
  const created = { subject: "events.profile.block.created", payload: { ...pair, version: 1 } };
  t.match(await blocksTold(ann, bob), [created]);
  t.equal((await blocksTold(ann, bob)).length, 1, "told once");
  for (const [viewer, other] of [
    [ann, bob],
    [bob, ann],
    [elsewhere(ann), bob],
    [elsewhere(bob), ann],
  ] as const) {
    t.match(await viewer.get(cardOf(other)), { status: 404, body: { code: "PROFILE_NOT_FOUND" } });
  }
  t.match((await ann.get("/v1/blocks")).body, { items: [{ memberId: bob.memberId, firstName: "Bob" }] });
  t.same(
    (await bob.get("/v1/blocks")).body,
    { items: [], nextCursor: null },
    "nobody learns who blocked them",
  );

  const back = await Promise.all(Array.from({ length: 6 }, () => ann.send("DELETE", blockOf(bob))));
  t.same(statuses(back), Array(6).fill(204));
  t.match((await blocksTold(ann, bob)).at(-1), {
    subject: "events.profile.block.removed",
    payload: { ...pair, version: 2 },
  });
  t.equal((await blocksTold(ann, bob)).length, 2);
  t.equal((await bob.get(cardOf(ann))).status, 200);
});

await t.test("blocks and unblocks at once leave a gapless story that ends in what is true", async (t) => {
  const [ann, bob] = [await member(), await member()];
  await Promise.all(
    Array.from({ length: 30 }, (_, i) =>
      (i % 3 ? ann : elsewhere(ann)).send(i % 2 ? "PUT" : "DELETE", blockOf(bob)),
    ),
  );
  const told = await blocksTold(ann, bob);
  t.ok(told.length > 0);
  told.forEach(({ subject, payload }, i) => {
    t.equal(payload.version, i + 1, "one after the other");
    t.equal(subject, `events.profile.block.${i % 2 ? "removed" : "created"}`, "in turn");
  });
  const isBlocked = told.at(-1)?.subject === "events.profile.block.created";
  t.equal((await bob.get(cardOf(ann))).status, isBlocked ? 404 : 200);
});

await t.test("blocks are bounded, and nobody blocks themselves", async (t) => {
  const me = await member();
  const others = Array.from({ length: 9 }, () => new Client(world, one.url));
  const answers = await Promise.all(
    others.map((other, i) => (i % 2 ? me : elsewhere(me)).put(blockOf(other))),
  );
  t.same(statuses(answers), [...Array(5).fill(204), ...Array(4).fill(409)], "five, also at once");
  t.match(answers.find(({ status }) => status === 409)?.body, { code: "PROFILE_BLOCKS_EXHAUSTED" });
  for (const id of [me.memberId, me.memberId.toUpperCase()]) {
    t.match(await me.put(`/v1/blocks/${id}`), { status: 400, body: { code: "PROFILE_SELF_BLOCK" } });
  }
  t.equal((await me.put("/v1/blocks/nobody")).status, 400);

  const seen: string[] = [];
  let path = "/v1/blocks?limit=2";
  for (let pages = 0; pages < 4 && path !== ""; pages++) {
    const page = (await me.get(path)).body as { items: BlockedMember[]; nextCursor: string | null };
    seen.push(...page.items.map(({ memberId }) => memberId));
    path = page.nextCursor === null ? "" : `/v1/blocks?limit=2&cursor=${page.nextCursor}`;
  }
  t.equal(new Set(seen).size, 5, "pages hold each once");
  t.equal(seen.length, 5);
});

await t.test("a block of somebody who is just being erased is erased with them, or not made", async (t) => {
  const [ann, ben, cat] = [await member(), await member(), await member()];
  const parts = createParts("profile", loadConfig(Config, environmentOf(Config, world.settings("profile"))));
  const database = createDatabase(parts, schema);
  await parts.lifecycle.start();
  t.teardown(() => parts.lifecycle.stop());
  const waiting = (count: number) =>
    eventually(async () => {
      const rows = await world.sql(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      assert.equal(rows.length, count);
    }, patience);
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  t.teardown(() => released.resolve());
  // The same row, not decided yet: whoever blocks waits for it in the middle.
  const other = database.transaction(async (tx) => {
    const row = { blockerId: ben.memberId, blockedId: ann.memberId, version: 1, active: true };
    await saveBlock(tx, { ...row, id: newId(), changedAt: new Date() });
    reached.resolve();
    await released.promise;
    tx.rollback();
  });
  await reached.promise;
  const blocked = ben.put(blockOf(ann));
  await waiting(1);
  const erase = () =>
    world.auth.bus.request(eraseMember("profile"), { erasureId: newId(), memberId: ann.memberId });
  const first = erase().catch(() => undefined);
  await waiting(2);
  released.resolve();
  await assert.rejects(other);
  t.equal((await blocked).status, 204);
  await first;
  // What was told of her may have been on its way.
  await eventually(erase, patience);
  t.equal((await cat.put(blockOf(ann))).status, 204, "the answer is as ever");
  t.same(await world.sql("SELECT 1 FROM profile.blocks WHERE blocked_id = $1", [ann.memberId]), []);
});

await t.test("A14 of other members' objects one sees and changes only what is everybody's", async (t) => {
  const [ann, bob, eve] = [await member("Ann"), await member("Bob"), await member("Eve")];
  const nobody = new Client(world, one.url);
  const tried: string[] = [];

  tried.push("GET /v1/profiles/:memberId");
  await ann.put(blockOf(eve));
  await changeAccount(world, bob.memberId, "deleting");
  const unknown = await eve.get(cardOf(nobody));
  t.match(unknown, { status: 404, body: { code: "PROFILE_NOT_FOUND" } });
  for (const [what, gone] of [
    ["blocked", ann],
    ["leaving", bob],
  ] as const) {
    t.same(comparable(await eve.get(cardOf(gone))), comparable(unknown), `${what} looks like never there`);
    t.same(comparable(await elsewhere(eve).get(cardOf(gone))), comparable(unknown), "at every instance");
  }

  tried.push("PUT /v1/blocks/:memberId");
  for (const other of [ann, bob, nobody]) {
    t.equal((await eve.put(blockOf(other))).status, 204, "whoever is there or not, blocks or not");
  }
  const { items } = (await eve.get("/v1/blocks")).body as { items: BlockedMember[] };
  t.same(
    items.map(({ firstName }) => firstName),
    [undefined, undefined, undefined],
    "and the list has no name of who can't be seen",
  );

  tried.push("DELETE /v1/blocks/:memberId");
  t.equal((await eve.send("DELETE", blockOf(ann))).status, 204);
  t.equal((await eve.get(cardOf(ann))).status, 404, "taking back my block leaves theirs");
  t.match((await ann.get("/v1/blocks")).body, { items: [{ memberId: eve.memberId }] });
  t.equal((await blocksTold(ann, eve)).length, 1, "nor was anything told of it");
  t.equal((await ann.send("DELETE", blockOf(nobody))).status, 204, "what is not blocked is not blocked");
  t.same(await blocksTold(ann, nobody), []);
  t.match(await bob.put(blockOf(ann)), { status: 403, body: { code: "ACCOUNT_NOT_ACTIVE" } });

  t.same(tried.sort(), routesWithIds("profile"), "every route that takes an id was tried");
  for (const route of tried) {
    const [method, path] = route.split(" ") as [string, string];
    const response = await fetch(one.url + path.replace(":memberId", ann.memberId), { method });
    t.equal(response.status, 401, `${route} without a token`);
  }

  await changeAccount(world, bob.memberId, "active");
  t.match(await ann.get(cardOf(bob)), { status: 200, body: { firstName: "Bob" } }, "restored, it is back");
});

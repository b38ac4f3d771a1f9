import assert from "node:assert/strict";
import { domainServices, type ExportItem, ExportManifest, type Session } from "@kismet/contracts";
import { type Custody, faultsOfCustody } from "@kismet/custody";
import { createWorld, eventually, newId } from "@kismet/testing";
import t, { type Test } from "tap";
import type { Static } from "typebox";
import { Compile } from "typebox/compile";
import { dumpEverything } from "./dump.ts";
import { matchThem, SystemMember } from "./member.ts";
import { readZip } from "./read-zip.ts";
import { type Account, ask, mailTo, signUp } from "./sign-up.ts";
import { startWholeSystem, type WholeSystem } from "./whole-system.ts";

t.setTimeout(120_000);
const patience = { timeoutMs: 30_000, everyMs: 100 };
const manifests = Compile(ExportManifest);
type Item = Omit<Static<typeof ExportItem>, "status"> & { state?: string };

async function backAgain(
  whole: WholeSystem,
  { credentials: { email, password } }: Account,
): Promise<SystemMember> {
  const { status, body } = await ask<Session>(whole.url, "/v1/auth/login", { email, password });
  assert.equal(status, 200, JSON.stringify(body));
  return new SystemMember(whole.url, { id: body.memberId, token: body.accessToken });
}

async function untilReady(member: SystemMember, id: string): Promise<void> {
  await eventually(async () => {
    const { body } = await member.call<{ items: { id: string; status: string }[] }>(
      "GET",
      "/v1/auth/me/exports",
    );
    assert.equal(body.items.find((item) => item.id === id)?.status, "ready");
  }, patience);
}

function fetchArchive(member: SystemMember, url: string, id: string): Promise<Response> {
  return fetch(`${url}/v1/auth/me/exports/${id}/archive`, {
    headers: { authorization: `Bearer ${member.token}` },
  });
}

/** As the browser does that the link in the mail opens. */
async function fetchByPage(
  { url, mail }: WholeSystem,
  { email, password }: Account["credentials"],
  id: string,
): Promise<Buffer> {
  const link = new RegExp(`/auth/archive\\?token=(${id}\\.[\\w-]+)`);
  const token = link.exec(await mailTo(mail, email, link))?.[1] ?? "";
  const answer = await fetch(`${url}/auth/archive`, {
    method: "POST",
    body: new URLSearchParams({ token, password }),
  });
  assert.equal(answer.status, 200, "the page answers with the archive");
  return Buffer.from(await answer.arrayBuffer());
}

async function ask202(member: SystemMember): Promise<string> {
  const { status, body } = await member.call<Item>("POST", "/v1/auth/me/export");
  assert.equal(status, 202, JSON.stringify(body));
  return body.id;
}

await t.test(
  "an archive holds all that is kept of its member, and nothing that others did not show them",
  async (t) => {
    const whole = await startWholeSystem(t, { auth: { freshSeconds: 300 } });
    const { url, mail, clock, world } = whole;
    const [ann, ben, cat, dan] = await Promise.all(Array.from({ length: 4 }, () => signUp(whole.system)));
    assert.ok(ann && ben && cat && dan);
    for (const { member } of [ben, cat, dan, ann]) {
      await member.callPatiently("PUT", "/v1/profile", {
        firstName: "Robin",
        gender: "woman",
        bio: `bio of ${member.id} ✓`,
      });
      await member.callPatiently("PUT", "/v1/profile/location", { latitude: 48.85, longitude: 2.35 });
    }
    const conversation = await matchThem(ann.member, ben.member);
    const path = `/v1/conversations/${conversation}/messages`;
    const say = (who: SystemMember, text: string) =>
      who.callPatiently("POST", path, { clientMessageId: newId(), type: "text", text });
    await say(ann.member, "what Ann said");
    await say(ben.member, "what Ben said");
    await cat.member.callPatiently("POST", "/v1/swipes", { targetId: ann.member.id, action: "like" });
    await dan.member.callPatiently("PUT", `/v1/blocks/${ann.member.id}`);

    const id = await ask202(ann.member);
    await untilReady(ann.member, id);
    t.match(
      await mailTo(mail, ann.credentials.email, /archive/),
      new RegExp(`/auth/archive\\?token=${id}\\.`),
      "the link comes by mail, and opens a page",
    );
    const answer = await fetchArchive(ann.member, url, id);
    t.equal(answer.status, 200);
    t.equal(answer.headers.get("content-type"), "application/zip");
    const archive = readZip(Buffer.from(await answer.arrayBuffer()));
    provesContents(t, archive, ann);
    const all = [...archive.values()].join("\n");
    for (const [what, text] of [
      ["who likes her", cat.member.id],
      ["who blocks her", dan.member.id],
      ["their address", ben.credentials.email],
    ])
      t.notOk(all.includes(text ?? ""), `${what} is not hers to know`);
    const kept = (await dumpEverything(world)).filter(({ where }) => where === "auth.export_chunks");
    t.ok(
      kept.length > 0 &&
        kept.every(({ text }) => !text.includes(Buffer.from("manifest.json").toString("hex"))),
      "it is sealed at rest",
    );

    t.equal((await fetchArchive(ben.member, url, id)).status, 404, "A14 it is nobody else's");
    t.equal((await fetchArchive(ben.member, url, newId())).status, 404);
    await provesTheLimit(t, whole, ann);
    clock.move(301_000);
    t.equal(
      (await fetchArchive(ann.member, url, id)).status,
      403,
      "who was not seen for a while proves first to be there",
    );
    t.equal((await ann.member.call("POST", "/v1/auth/me/export")).status, 403);
    clock.move(48 * 3_600_000);
    const later = await backAgain(whole, ann);
    t.equal((await fetchArchive(later, url, id)).status, 404, "it expires");
    await eventually(
      async () =>
        assert.deepEqual(await world.sql("SELECT FROM auth.export_chunks WHERE export_id = $1", [id]), []),
      patience,
    );
    const trail = await world.sql<{ action: string }>(
      "SELECT action FROM auth.audit_trail WHERE action LIKE 'auth.export%'",
    );
    t.ok(
      trail.some(({ action }) => action === "auth.export.request"),
      "A22 that it was asked for is in the trail",
    );
    t.ok(
      trail.some(({ action }) => action === "auth.export.fetch"),
      "and that it was fetched",
    );
    await provesLargeOnes(t, whole, { ...ann, member: later }, conversation);
  },
);

function provesContents(t: Test, archive: Map<string, string>, { member, credentials }: Account): void {
  const manifest: unknown = JSON.parse(archive.get("manifest.json") ?? "");
  assert.ok(manifests.Check(manifest), "the manifest fits its schema");
  t.equal(manifest.memberId, member.id);
  t.same(
    manifest.files.map(({ path }) => path).sort(),
    [...archive.keys()].filter((path) => path !== "manifest.json").sort(),
  );
  for (const { path, fields, count } of manifest.files) {
    const rows = JSON.parse(archive.get(path) ?? "") as Record<string, unknown>[];
    t.equal(rows.length, count, `${path} has as many rows as it says`);
    t.ok(
      rows.every((row) => JSON.stringify(Object.keys(row)) === JSON.stringify(fields)),
      `${path} has the fields that it says`,
    );
  }
  const of = (path: string) => JSON.parse(archive.get(path) ?? "[]") as Record<string, unknown>[];
  t.equal(of("auth/account.json")[0]?.["email"], credentials.email);
  t.equal(of("profile/profile.json")[0]?.["bio"], `bio of ${member.id} ✓`);
  t.same(
    of("chat/messages.json").map((row) => row["body"]),
    ["what Ann said", "what Ben said"],
    "both sides of a conversation",
  );
  t.equal(of("matching/matches.json").length, 1);
  t.notOk(/argon2|seed|Hash"/.test([...archive.values()].join("\n")), "no secret is in it");
}

/** One was asked for before: two are left, wherever and however many at once it is asked for them. */
async function provesTheLimit(t: Test, whole: WholeSystem, { member }: Account): Promise<void> {
  const second = await whole.start("auth");
  const asked = await Promise.all(
    Array.from({ length: 8 }, (_, at) =>
      member.call<Item>("POST", "/v1/auth/me/export", undefined, {
        url: at % 2 === 0 ? whole.url : second.url,
      }),
    ),
  );
  t.equal(asked.filter(({ status }) => status === 202).length, 2, "three a day, over all instances");
  const refused = asked.filter(({ status }) => status !== 202);
  t.ok(refused.every(({ status, body }) => status === 429 && body.code === "AUTH_EXPORT_LIMIT_REACHED"));
  t.ok(Number(refused[0]?.headers.get("retry-after")) > 3_600);
}

/** A hundred thousand messages, while a service is away and the one that collects dies. */
async function provesLargeOnes(
  t: Test,
  whole: WholeSystem,
  { member, credentials }: Account,
  conversation: string,
): Promise<void> {
  const { world } = whole;
  const count = 100_000;
  await world.sql(
    `INSERT INTO chat.messages (conversation_id, seq, id, sender_id, client_message_id, type, body, created_at)
     SELECT $1, n, gen_random_uuid(), $2, gen_random_uuid(), 'text', md5(n::text) || repeat('x', 100), now()
     FROM generate_series(1001, 1000 + $3::int) n`,
    [conversation, member.id, count],
  );
  // As the database does it by itself where nobody writes so much at once.
  await world.sql("ANALYZE chat.messages");
  await whole.stop("billing");
  const id = await ask202(member);
  await eventually(async () => {
    const [row] = await world.sql<{ attempts: number }>("SELECT attempts FROM auth.exports WHERE id = $1", [
      id,
    ]);
    assert.ok((row?.attempts ?? 0) > 0);
  }, patience);
  await whole.start("billing");
  await world.sql(
    "UPDATE auth.exports SET next_attempt_at = requested_at WHERE id = $1 AND next_attempt_at > requested_at",
    [id],
  );
  let peak = 0;
  const before = process.memoryUsage().rss;
  const sampling = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss - before)), 20);
  await untilReady(member, id);
  clearInterval(sampling);
  t.comment(`${Math.round(peak / 1e6)} MB more while it was collected`);
  t.ok(peak < 200e6, "however much there is, a page of it is in memory at a time");
  const bytes = Buffer.from(await (await fetchArchive(member, whole.url, id)).arrayBuffer());
  t.ok(bytes.equals(await fetchByPage(whole, credentials, id)), "the page gives the same");
  const archive = readZip(bytes);
  const messages = JSON.parse(archive.get("chat/messages.json") ?? "") as { seq: number }[];
  t.equal(messages.length, count + 2);
  t.same(
    messages.map(({ seq }) => seq),
    [1, 2, ...Array.from({ length: count }, (_, at) => 1_001 + at)],
    "each once, in order",
  );
}

await t.test(
  "every column of every table is declared, and a new one that is not stops its service",
  async (t) => {
    const world = await createWorld(t, { realAuth: true });
    for (const service of domainServices) {
      const folder = new URL(`../services/${service}/src/`, import.meta.url);
      const { custody } = (await import(new URL("custody.ts", folder).href)) as { custody: Custody };
      const declared = custody.entries.flatMap(({ name, columns }) =>
        columns.map((column) => `${name}.${column}`),
      );
      const found = await world.sql<{ column: string }>(
        `SELECT c.table_name || '.' || c.column_name AS column FROM information_schema.columns c
       JOIN information_schema.tables t USING (table_schema, table_name)
       WHERE c.table_schema = $1 AND t.table_type = 'BASE TABLE' AND c.table_name <> 'migrations'`,
        [service],
      );
      t.ok(found.length > 20);
      t.same(
        declared.sort(),
        found.map(({ column }) => column).sort(),
        `${service} declares what its database has`,
      );
    }
    const { pgSchema, text, uuid } = await import("drizzle-orm/pg-core");
    const planted = pgSchema("planted").table("notes", {
      memberId: uuid("member_id").primaryKey(),
      note: text("note"),
    });
    const rows = () => undefined;
    const section = { name: "notes", title: "Notes", rows };
    const good = {
      section,
      exported: ["note"],
      withheld: { memberId: "it is the member" },
      erased: [{ rows }],
    };
    const faults = (notes?: object) => faultsOfCustody({ notes: planted }, notes ? { notes } : {});
    t.same(faults(good), []);
    t.match(faults(), ["notes: nothing is said of this table"]);
    t.match(faults({ ...good, exported: [] }), ["notes.note: is in no archive, and there is no reason"]);
    t.match(faults({ ...good, erased: [] }), [/outlives an erasure/, /outlives an erasure/]);
    t.match(faults({ ...good, erased: [{ rows, set: () => ({ memberId: null }) }] }), [
      "notes.note: outlives an erasure, and there is no reason",
    ]);
    t.match(faults({ ...good, withheld: { ...good.withheld, old: "gone" } }), ["notes.old: is no column"]);
  },
);

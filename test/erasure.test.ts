import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createBus, rebuildProjection, readRebuild, tombstoneOf } from "@kismet/bus";
import {
  accessTokenSeconds,
  type AgeCheck,
  type CheckoutOpened,
  type DomainService,
  domainServices,
  type ErasureReceipt,
  eraseMember,
  type Session,
} from "@kismet/contracts";
import { readReceipt } from "@kismet/custody";
import { createParts } from "@kismet/service-kit";
import { eventually, newId, type Teardown } from "@kismet/testing";
import t, { type Test } from "tap";
import { dumpEverything, type Kept } from "./dump.ts";
import { matchThem, SystemMember } from "./member.ts";
import { type Account, ask, signUp } from "./sign-up.ts";
import { startWholeSystem, type WholeSystem } from "./whole-system.ts";

t.setTimeout(120_000);
const patience = { timeoutMs: 30_000, everyMs: 100 };
const dayMs = 86_400_000;

/** What to search for, by what it is. */
type Needles = Map<string, string>;

const secretOf = (what: string) => `${what}-${newId()}`;

/** A bus of the test's own, to ask what services ask each other. */
async function busOf(t: Teardown, { world }: WholeSystem) {
  const config = { natsUrl: world.natsUrl, natsReplicas: 1, instanceId: "test", logLevel: "silent" };
  const parts = createParts("gateway", config as never);
  const bus = createBus(parts as never);
  await parts.lifecycle.start();
  t.teardown(() => parts.lifecycle.stop());
  return bus;
}

async function newMember(whole: WholeSystem, birthDate: string): Promise<Account> {
  return signUp(whole.system, { birthDate, email: `${secretOf("some.one")}@mail.test` });
}

async function buy(whole: WholeSystem, member: SystemMember, productId: string): Promise<string> {
  const order = { productId, provider: "sandbox", country: "DE" };
  const { status, body } = await member.call<Pick<CheckoutOpened, "checkoutId" | "redirectUrl">>(
    "POST",
    "/v1/billing/checkout",
    order,
    {
      headers: { "idempotency-key": newId() },
    },
  );
  assert.equal(status, 201, JSON.stringify(body));
  const page = new URL(body.redirectUrl);
  const paid = await new SystemMember(whole.url, { id: "", token: "" }).call("POST", `${page.pathname}/pay`);
  assert.equal(paid.status, 200);
  await eventually(async () => {
    const { body: checkout } = await member.call<{ status: string }>(
      "GET",
      `/v1/billing/checkout/${body.checkoutId}`,
    );
    assert.equal(checkout.status, "paid");
  }, patience);
  return page.pathname.split("/").at(-1) ?? "";
}

/** By a document, whose birth date is nowhere even before; then by another one, at whose page she does not come back from. */
async function proveAge(whole: WholeSystem, member: SystemMember, needles: Needles): Promise<void> {
  const birthDate = "1979-08-21";
  await member.callPatiently("PUT", "/v1/auth/age/jurisdiction", { jurisdiction: "IT" });
  const begin = () => member.call<AgeCheck>("POST", "/v1/auth/age/checks", { method: "document" });
  const { body: check } = await begin();
  const { pathname, searchParams } = new URL(check.redirectUrl);
  const form = { check: searchParams.get("check") ?? "", found: "document", birthDate };
  const answer = await fetch(`${whole.url}${pathname}`, { method: "POST", body: new URLSearchParams(form) });
  assert.match(await answer.text(), /was taken/);
  const written = hitsOf(
    await dumpEverything(whole.world),
    new Map([["birth date of a document", birthDate]]),
  );
  assert.deepEqual(written, [], "it is not written anywhere");
  const open = await begin();
  assert.equal(open.status, 201);
  const [row] = await whole.world.sql<{ provider_ref: string }>(
    "SELECT provider_ref FROM auth.age_checks WHERE id = $1",
    [open.body.id],
  );
  needles.set("age check", open.body.id).set("reference of the age check", row?.provider_ref ?? "");
}

/** Ann with a life: gives what of it must be nowhere afterwards. */
async function liveALife(whole: WholeSystem, ann: Account, others: SystemMember[]): Promise<Needles> {
  const [ben, cat, dan] = others;
  assert.ok(ben && cat && dan);
  const { member, credentials, session } = ann;
  const needles: Needles = new Map([
    ["id", member.id],
    ["address", credentials.email],
    ["address, normalised", credentials.email.toLowerCase()],
    ["birth date", credentials.birthDate],
    ["password", credentials.password],
    ["refresh token", session.refreshToken],
    ["session", session.sessionId],
    ["device", "phone of Ann 7b1"],
  ]);
  const profile = {
    ...{ firstName: "Annemirl", gender: "woman", bio: secretOf("bio"), job: secretOf("job") },
    ...{ school: secretOf("school"), interests: ["jazz"], orientation: "queer", religion: "sikh" },
    prompts: [{ promptId: "green_flags", answer: secretOf("prompt") }],
  };
  await member.callPatiently("PUT", "/v1/profile", profile);
  needles
    .set("name", "Annemirl")
    .set("bio", profile.bio)
    .set("job", profile.job)
    .set("school", profile.school);
  needles.set("prompt", profile.prompts[0]?.answer ?? "");
  const preferences = { showMe: ["woman"], minAge: 18, maxAge: 100, maxDistanceKm: null };
  await member.callPatiently("PUT", "/v1/profile/preferences", preferences);
  const place = { latitude: 48.853219, longitude: 2.349871, timeZone: "Europe/Paris" };
  await member.callPatiently("PUT", "/v1/profile/location", place);
  const login = await ask<Session>(whole.url, "/v1/auth/login", {
    ...{ email: credentials.email, password: credentials.password },
    device: { name: "phone of Ann 7b1" },
  });
  assert.equal(login.status, 200);

  const texts = { hers: secretOf("hers"), note: secretOf("note") };
  const id = await matchThem(member, ben);
  const say = (who: SystemMember, text: string) =>
    who.callPatiently("POST", `/v1/conversations/${id}/messages`, {
      clientMessageId: newId(),
      type: "text",
      text,
    });
  await say(member, texts.hers);
  await say(ben, "Ben's own words");
  await ben.callPatiently("PUT", `/v1/conversations/${id}/mute`, { muted: true });
  needles.set("message", texts.hers).set("note", texts.note);
  needles.set("page of the provider", await buy(whole, member, "superlikes_5"));
  needles.set("page of the subscription", await buy(whole, member, "gold_month"));
  await member.callPatiently("POST", "/v1/swipes", {
    targetId: cat.id,
    action: "superlike",
    note: texts.note,
  });
  await dan.callPatiently("POST", "/v1/swipes", { targetId: member.id, action: "like" });
  await member.callPatiently("PUT", `/v1/blocks/${dan.id}`);
  await cat.callPatiently("PUT", `/v1/blocks/${member.id}`);
  const { body: ticket } = await member.callPatiently<{ ticket: string }>("POST", "/v1/chat/ticket");
  needles.set("ticket", ticket.ticket);
  await ask(whole.url, "/v1/auth/password/forgot", { email: credentials.email });
  await proveAge(whole, member, needles);
  const order = { productId: "boosts_1", provider: "sandbox" };
  await member.call("POST", "/v1/billing/checkout", order, { headers: { "idempotency-key": newId() } });
  return needles;
}

/** The same in the forms in which it might be kept. */
function formsOf(needle: string): string[] {
  const bytes = Buffer.from(needle);
  const digests = ["md5", "sha1", "sha256", "sha512"].flatMap((algorithm) =>
    (["hex", "base64", "base64url"] as const).map((encoding) =>
      createHash(algorithm).update(bytes).digest(encoding),
    ),
  );
  const plain = [needle, JSON.stringify(needle).slice(1, -1), needle.replaceAll("-", "")];
  return [
    ...plain,
    bytes.toString("base64").replaceAll("=", ""),
    bytes.toString("base64url"),
    bytes.toString("hex"),
    ...digests,
  ];
}

/** What may be found: see docs/adr/erasure.md. */
const survivors: { where: RegExp; what: string; why: string }[] = [
  { where: /^billing\.sandbox_/, what: "page", why: "the books of another company" },
];

/**
 * As long as a token of hers would have been good: counters of limits and tickets end sooner. What lives longer is kept,
 * and not on its way out.
 */
const shortLivedMs = accessTokenSeconds * 1_000;

function hitsOf(kept: Kept[], needles: Needles): string[] {
  const isListed = (where: string, what: string) =>
    survivors.some((one) => one.where.test(where) && what.startsWith(one.what));
  return [...needles].flatMap(([what, needle]) =>
    kept.flatMap(({ where, text, leftMs = Infinity }) => {
      const isHit = formsOf(needle).some((form) => text.toLowerCase().includes(form.toLowerCase()));
      return isHit && !isListed(where, what) && leftMs > shortLivedMs
        ? [`${what} in ${where}: ${text.slice(0, 300)}`]
        : [];
    }),
  );
}

async function receiptsOf({ world }: WholeSystem, memberId: string) {
  return world.sql<ErasureReceipt & { service: DomainService; erasure_id: string }>(
    `SELECT r.* FROM auth.erasure_receipts r JOIN auth.erasures e ON e.id = r.erasure_id WHERE e.digest = $1`,
    [tombstoneOf(memberId)],
  );
}

async function untilErased(whole: WholeSystem, memberId: string): Promise<void> {
  await eventually(async () => {
    const [row] = await whole.world.sql<{ completed_at: Date | null }>(
      "SELECT completed_at FROM auth.erasures WHERE digest = $1",
      [tombstoneOf(memberId)],
    );
    assert.ok(row?.completed_at, "not erased yet");
  }, patience);
}

async function backAgain(
  whole: WholeSystem,
  { credentials: { email, password } }: Account,
): Promise<SystemMember> {
  const { status, body } = await ask<Session>(whole.url, "/v1/auth/login", { email, password });
  assert.equal(status, 200, JSON.stringify(body));
  return new SystemMember(whole.url, { id: body.memberId, token: body.accessToken });
}

await t.test(
  "who deletes their account is nowhere any more after fourteen days, and each service has signed it",
  async (t) => {
    const whole = await startWholeSystem(t);
    const { world, clock } = whole;
    const [ann, ...partners] = await Promise.all(
      ["1991-07-23", "1990-01-01", "1990-01-02", "1990-01-03"].map((day) => newMember(whole, day)),
    );
    const [ben] = partners;
    assert.ok(ann && ben);
    for (const { member } of partners) {
      await member.callPatiently("PUT", "/v1/profile", { firstName: "Robin", gender: "woman" });
      await member.callPatiently("PUT", "/v1/profile/location", { latitude: 48.85, longitude: 2.35 });
    }
    const needles = await liveALife(
      whole,
      ann,
      partners.map(({ member }) => member),
    );
    const before = await dumpEverything(world);
    const found = [...needles].filter(
      ([what, needle]) => hitsOf(before, new Map([[what, needle]])).length > 0,
    );
    t.ok(
      found.length > needles.size / 2,
      `the search finds what is there: ${found.map(([what]) => what).join(", ")}`,
    );
    const head = (await ben.member.changes()).at(-1)?.seq ?? 0;

    const deleted = await ann.member.call<{ erasesAt: string; subscription: { status: string } }>(
      "DELETE",
      "/v1/auth/me",
    );
    t.equal(deleted.status, 202);
    t.equal(deleted.body.subscription.status, "cancelled", "the member is told that the subscription ends");
    await eventually(async () => {
      const { body } = await ben.member.call<{ items: object[] }>("GET", "/v1/conversations");
      assert.deepEqual(body.items, [], "hidden at once");
    }, patience);
    clock.move(13 * dayMs);
    t.same(await receiptsOf(whole, ann.member.id), [], "nobody is erased before their time");
    clock.move(dayMs + 60_000);
    await untilErased(whole, ann.member.id);

    await provesReceipts(t, whole, ann.member.id);
    const after = await dumpEverything(world);
    for (const kind of ["stream EVENTS", "redis", "auth.outbox", "profile.outbox", "matching.outbox"])
      t.ok(
        before.some(({ where }) => where === kind),
        `${kind} was searched`,
      );
    t.same(hitsOf(after, needles), [], "nothing of her is kept anywhere");
    const cached = (leftMs: number): Kept => ({ where: "redis", text: `cache:${ann.member.id}`, leftMs });
    t.equal(
      hitsOf([cached(60_000), cached(30 * dayMs)], needles).length,
      1,
      "a cache of a month would be found",
    );
    const counted = (kept: Kept[]) =>
      kept.filter(
        ({ where, text }) => where === "redis" && text.startsWith(`chat:`) && text.includes(ann.member.id),
      );
    t.ok(counted(before).length > 0);
    t.same(counted(after), [], "nor is what chat has counted, although that ends by itself");
    t.same(
      [
        ...new Set(
          after.filter(({ text }) => text.includes(tombstoneOf(ann.member.id))).map(({ where }) => where),
        ),
      ].sort(),
      [
        ...domainServices.map((service) => `${service}.tombstones`),
        "auth.erasure_receipts",
        "auth.erasures",
      ].sort(),
      "but the tombstones and receipts",
    );
    await provesThePartnersCopy(t, whole, ben, head);
    await provesThatSheStaysAway(
      t,
      whole,
      ann,
      partners.map(({ member }) => member),
      needles,
    );
  },
);

async function provesReceipts(t: Test, whole: WholeSystem, memberId: string): Promise<void> {
  const bus = await busOf(t, whole);
  const receipts = await receiptsOf(whole, memberId);
  t.same(receipts.map(({ service }) => service).sort(), [...domainServices].sort(), "all have answered");
  t.equal(new Set(receipts.map(({ key }) => key)).size, domainServices.length, "each with a key of its own");
  for (const { service, statement, key, signature, erasure_id: erasureId } of receipts) {
    const read = readReceipt({ statement, key, signature });
    t.equal(read?.service, service, `${service} has signed`);
    t.ok(
      read?.deleted.some(({ rows }) => rows > 0),
      `${service} has erased something`,
    );
    t.notOk(
      readReceipt({ statement: statement.replace('"rows":1', '"rows":2'), key, signature }),
      "nobody alters it",
    );
    const again = await bus.request(eraseMember(service), { erasureId, memberId });
    t.same(again, { statement, key, signature }, "who is asked again answers the same");
  }
}

async function provesThePartnersCopy(t: Test, whole: WholeSystem, ben: Account, head: number): Promise<void> {
  const member = await backAgain(whole, ben);
  const rows = await whole.world.sql<{ body: string; partner_id: string }>(
    "SELECT m.body, p.partner_id FROM chat.messages m JOIN chat.participants p USING (conversation_id) WHERE p.member_id = $1",
    [member.id],
  );
  t.same(rows, [{ body: "Ben's own words", partner_id: "00000000-0000-0000-0000-000000000000" }]);
  const changes = await member.changes();
  t.ok(changes.length >= head, "the partner's feed has kept its numbers");
  t.same(
    changes.map(({ seq }) => seq),
    Array.from(changes, (_, at) => at + 1),
    "and has no hole",
  );
  t.ok(
    changes.every(({ change }) => change.type === "unmatch"),
    "and tells that the conversation is gone",
  );
}

/** What comes late, is made again from the outboxes, or is done in her name. */
async function provesThatSheStaysAway(
  t: Test,
  whole: WholeSystem,
  ann: Account,
  [ben]: SystemMember[],
  needles: Needles,
): Promise<void> {
  const { world } = whole;
  assert.ok(ben);
  const bus = await busOf(t, whole);
  const late = async (schema: string, subject: string, aggregateId: string, payload: object) =>
    world.sql(
      `INSERT INTO ${schema}.outbox (event_id, subject, aggregate_id, payload, request_id, traceparent, occurred_at)
       VALUES (gen_random_uuid(), $1, $2, $3, 'late-request', '', now())`,
      [subject, aggregateId, JSON.stringify(payload)],
    );
  const now = new Date().toISOString();
  const { id } = ann.member;
  const snapshot = {
    ...{
      memberId: id,
      version: 99,
      firstName: "Annemirl",
      birthDate: "1991-07-23",
      gender: "woman",
      bio: null,
    },
    ...{ interests: [], relationshipGoal: null, job: null, school: null, heightCm: null, cell: null },
    preferences: { showMe: ["woman"], minAge: 18, maxAge: 99, maxDistanceKm: null },
    ...{ timeZone: "UTC", createdAt: now, changedAt: now },
  };
  const pair = [id, ben.id].sort();
  const marker = newId();
  await late("profile", "events.profile.profile.changed", id, snapshot);
  await late("profile", "events.profile.profile.changed", marker, {
    ...snapshot,
    memberId: marker,
    firstName: "Marker",
  });
  await late("auth", "events.auth.account.changed", id, {
    memberId: id,
    version: 99,
    status: "active",
    changedAt: now,
  });
  await late("auth", "events.auth.account.changed", marker, {
    memberId: marker,
    version: 1,
    status: "active",
    changedAt: now,
  });
  await late("matching", "events.matching.match.created", newId(), {
    matchId: newId(),
    memberIds: pair,
    createdAt: now,
  });
  const arrived = async () => {
    await eventually(async () => {
      const [row] = await world.sql<{ arrived: boolean }>(
        `SELECT (SELECT count(*) = 1 FROM matching.candidates WHERE member_id = $1 AND first_name = 'Marker'
           AND account_status = 'active')
           AND (SELECT count(*) = 0 FROM matching.outbox WHERE published_at IS NULL)
           AND (SELECT count(*) = 1 FROM profile.accounts WHERE member_id = $1)
           AND (SELECT count(*) = 1 FROM chat.members WHERE id = $1) AS arrived`,
        [marker],
      );
      assert.ok(row?.arrived, "what came with it has not arrived");
    }, patience);
  };
  await arrived();
  await world.sql("UPDATE matching.candidates SET first_name = 'Before' WHERE member_id = $1", [marker]);
  const { requestedAt } = await bus.request(rebuildProjection("matching"), { consumer: "profiles" });
  await eventually(async () => {
    const progress = await bus.request(readRebuild("matching"), { consumer: "profiles" });
    assert.ok(progress.requestedAt === requestedAt && progress.finishedAt, "not rebuilt yet");
  }, patience);
  await arrived();
  await fetch(`${whole.mail.url}/api/email/all`, { method: "DELETE" });
  const again = await backAgain(whole, { ...ann, ...(await signUp(whole.system, ann.credentials)) });
  t.not(again.id, id, "who comes again is somebody else");
  const partner = await backAgain(whole, { ...ann, ...(await signUp(whole.system)) });
  t.equal((await partner.call("PUT", `/v1/blocks/${id}`)).status, 204, "blocking nobody answers as ever");
  const kept = (await dumpEverything(world)).filter(({ where }) => !/\.outbox$|^stream/.test(where));
  const hers = new Map([...needles].filter(([what]) => ["id", "name", "bio"].includes(what)));
  t.same(hitsOf(kept, hers), [], "and nobody has brought her back");
}

await t.test(
  "an erasure waits for a service that is away, survives a restart of auth, and is overruled by a legal hold",
  async (t) => {
    const whole = await startWholeSystem(t, { auth: { erasureOverdueHours: 1 } });
    const { world, clock } = whole;
    const [ann, eve, bob] = await Promise.all(
      ["1991-07-23", "1991-07-24", "1991-07-25"].map((day) => newMember(whole, day)),
    );
    assert.ok(ann && eve && bob);
    for (const { member } of [ann, eve, bob]) {
      await member.callPatiently("PUT", "/v1/profile", { firstName: "Robin", gender: "woman" });
      t.equal((await member.call("DELETE", "/v1/auth/me")).status, 202);
    }
    t.equal(
      (await bob.member.call("POST", "/v1/auth/me/restore")).status,
      200,
      "who comes back in time is back",
    );
    await world.sql(
      "INSERT INTO auth.legal_holds (id, member_id, reason, placed_by, placed_at) VALUES (gen_random_uuid(), $1, 'case 7', 'operator', now())",
      [eve.member.id],
    );
    await whole.stop("chat");
    clock.move(14 * dayMs + 60_000);
    await eventually(async () => {
      const receipts = await receiptsOf(whole, ann.member.id);
      assert.deepEqual(receipts.map(({ service }) => service).sort(), ["billing", "matching", "profile"]);
    }, patience);
    await whole.stop("auth");
    const [open] = await world.sql<{ member_id: string }>(
      "SELECT member_id FROM auth.erasures WHERE completed_at IS NULL",
    );
    t.equal(open?.member_id, ann.member.id, "the account waits for the last one");
    clock.move(2 * 3_600_000);
    const auth = await whole.start("auth");
    const metric = async () => auth.parts.metrics.getSingleMetricAsString("kismet_erasures");
    t.match(await metric(), /state="overdue".*\} 1/, "operators see that it takes long");
    await whole.start("chat");
    await untilErased(whole, ann.member.id);
    t.match(await metric(), /state="overdue".*\} 0/);
    const accounts = await world.sql<{ member_id: string }>(
      "SELECT member_id FROM auth.accounts ORDER BY created_at",
    );
    t.same(
      accounts.map((row) => row.member_id).sort(),
      [eve.member.id, bob.member.id].sort(),
      "a legal hold keeps one, and her own word the other",
    );
    await world.sql("UPDATE auth.legal_holds SET lifted_at = now()");
    await untilErased(whole, eve.member.id);
  },
);

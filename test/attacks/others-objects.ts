import { randomBytes } from "node:crypto";
import { newId, type System } from "@kismet/testing";
import type { Test } from "tap";
import type { SystemMember } from "../member.ts";
import { type Cast, fates, gather, type Others } from "./cast.ts";
import { holdIdsInBodies, holdIdsInFrames } from "./ids-in-bodies.ts";
import { endsTheObject, type Row, rows } from "./object-rows.ts";
import { routeTable } from "./route-table.ts";

type Answered = { status: number; code: string | undefined };

async function ask(actor: SystemMember, method: string, address: string, body?: object): Promise<Answered> {
  const answer = await actor.call(method, address, body);
  return { status: answer.status, code: answer.body.code };
}

/** The same address with ids, or a secret, that nobody has. */
function elsewhere(address: string): string {
  return address
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, () => newId())
    .replaceAll(/\/[\w-]{43}(?=\/|$)/g, () => `/${randomBytes(32).toString("base64url")}`);
}

const roleOf: Record<string, "moderator" | "support"> = {
  "a moderator": "moderator",
  "a supporter": "support",
};

/** A profile is seen by whom it is shown to: here those try it who have no business with its owner, or no account. */
const seesProfiles = new Set([
  "another member",
  "a match who was blocked",
  "a match who has blocked",
  "a moderator",
  "a supporter",
]);

async function holdRow(
  t: Test,
  name: string,
  { cast, others }: { cast: Cast; others: Others },
): Promise<void> {
  const row = rows[name];
  const [method = ""] = name.split(" ");
  if (!row) return void t.fail(`${name} has no row`);
  const policies = routeTable.filter((route) => `${route.method} ${route.path}` === name);
  const isPublic = policies.some(({ policy }) => policy.auth === "public");
  const opensTo = new Set(policies.flatMap(({ policy }) => policy.roles ?? []));
  const address = await row.make(cast);
  const tries = Object.entries(others).map(async ([who, actor]) => {
    const what = `${name} by ${who}`;
    // Which role opens what, auth's own tests have.
    const role = roleOf[who];
    if (role && opensTo.has(role)) return;
    const theirs = await ask(actor, method, address, row.body);
    if (row.kind === "address") {
      t.equal(theirs.status, row.others, what);
      const shown = JSON.stringify((await actor.call(method, address, row.body)).body);
      t.notOk(
        [cast.ann.id, cast.account.credentials.email].some((hers) => shown.includes(hers)),
        `${what}: for whom`,
      );
      t.equal((await ask(actor, method, elsewhere(address), row.body)).status, 404, `${what}: of none`);
      return;
    }
    if ((who === "nobody" || who === "somebody erased") && !isPublic) {
      t.same(theirs, { status: 401, code: "UNAUTHENTICATED" }, what);
      return;
    }
    const isActive = !who.startsWith("somebody");
    if (row.kind === "anybody" && isActive) {
      t.equal(theirs.status, row.others, what);
      return;
    }
    t.match(String(theirs.status), /^40[134]$/, `${what} is refused`);
    // Whether there is such a thing is not even looked at.
    if (row.kind === "staff") t.not(theirs.status, 404, what);
    const none = await ask(actor, method, elsewhere(address), row.body);
    t.same(theirs, none, `${what}: not theirs and not there is the same`);
  });
  await Promise.all(tries);
  const owner = row.kind === "staff" ? cast.admin : cast.ann;
  if (row.owner !== undefined)
    t.equal((await ask(owner, method, address, row.body)).status, row.owner, `${name} by whose it is`);
}

/** Ann asks for what she had with those who are blocked, suspended or gone. */
async function holdTowards(t: Test, name: string, row: Row, { ann, peers }: Cast): Promise<void> {
  if (!row.towards) return;
  const { address, gets = 404 } = row.towards;
  const [method = ""] = name.split(" ");
  const tries = fates.map(async (fate) => {
    const what = `${name} towards one who is ${fate}`;
    const expected = typeof gets === "number" ? gets : (gets[fate] ?? 404);
    const where = address(peers[fate]);
    const answer = await ask(ann, method, where, row.body);
    t.equal(answer.status, expected, what);
    if (expected !== 404) return;
    const none = await ask(ann, method, elsewhere(where), row.body);
    t.same(answer, none, `${what}: as if there never had been one`);
  });
  await Promise.all(tries);
}

/** A14 Each route that takes an id, by everybody whose it isn't, and towards everybody who is gone. */
export async function attackOthersObjects(t: Test, system: System): Promise<void> {
  const { cast, others } = await gather(system);
  // A provider is a name of the configuration, and nobody's.
  const named = routeTable
    .filter(({ path }) => path.replace(":provider", "").includes(":"))
    .map(({ method, path }) => `${method} ${path}`);
  t.same(
    Object.keys(rows).filter((name) => !named.includes(name)),
    [],
    "each row has its route",
  );
  const leadsToOthers = /^\S+ \/v1\/(blocks|profiles|conversations|matches)\//;
  t.same(
    named.filter((name) => leadsToOthers.test(name) && !rows[name]?.towards),
    [],
    "each route that leads to somebody else says what is left of them",
  );
  await holdIdsInBodies(t, cast, others);
  await holdIdsInFrames(t, cast, others);
  await cast.ben.callPatiently("PUT", `/v1/blocks/${cast.dan.id}`);
  const unseeing = Object.fromEntries(Object.entries(others).filter(([who]) => !seesProfiles.has(who)));
  const order = [...named].sort((a, b) => endsTheObject.indexOf(a) - endsTheObject.indexOf(b));
  for (const name of order)
    await holdRow(t, name, { cast, others: name === "GET /v1/profiles/:memberId" ? unseeing : others });
  const { body } = await cast.ann.call<{ items: { memberId: string }[] }>("GET", "/v1/blocks");
  t.same(
    body.items.map(({ memberId }) => memberId).sort(),
    [cast.dan.id, cast.eve.id, cast.peers.blocked.member.id].sort(),
    "nobody has changed whom she blocks",
  );
  for (const name of order) await holdTowards(t, name, rows[name] as Row, cast);
}

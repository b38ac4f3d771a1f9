import { createWorld, eventually } from "@kismet/testing";
import t from "tap";
import { lockKeys, type Transaction } from "../src/index.ts";
import { failureOf, openTransaction, startInstance, within } from "./world/instance.ts";

const world = await createWorld(t, { realAuth: true });
const { database } = await startInstance(t, world.databaseUrl("auth"), { databasePoolSize: 24 });

const locking =
  (...keys: string[]) =>
  (tx: Transaction) =>
    lockKeys(tx, ...keys);
const isFree = (key: string) => within(2_000, () => database.transaction(locking(key)));

/** Resolves once so many transactions wait for a lock of a name. */
async function waiters(count: number): Promise<void> {
  await eventually(async () => {
    const rows = await world.sql(
      `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    if (rows.length !== count) throw new Error(`${rows.length} wait`);
  });
}

await t.test("two that want the same names in different orders never wait for each other", async (t) => {
  const names = ["ann", "bob", "cat", "dan"];
  for (const [index, one] of names.entries()) {
    for (const other of names.slice(index + 1)) {
      // Both begin with a name that is taken; freed together, unordered ones would each get the other's second.
      const holder = await openTransaction(database, locking(one, other));
      const changes = [locking(one, other), locking(other, one)].map((work) =>
        database.transaction(work, { retries: 0 }),
      );
      await waiters(2);
      await holder.commit();
      const outcomes = await Promise.allSettled(changes);
      t.same(
        outcomes.map(({ status }) => status),
        ["fulfilled", "fulfilled"],
        `${one} and ${other}`,
      );
    }
  }
});

await t.test("a name is held by one transaction until its end, however it ends", async (t) => {
  for (const end of ["commit", "rollback"] as const) {
    const order: string[] = [];
    const holder = await openTransaction(database, locking("ann"));
    const next = database.transaction(async (tx) => {
      await lockKeys(tx, "ann");
      order.push("next");
    });
    await waiters(1);
    order.push("holder");
    if (end === "commit") await holder.commit();
    else await t.rejects(holder.rollBack());
    await next;
    t.same(order, ["holder", "next"], end);
  }
});

await t.test("other names are free meanwhile, and a deadline ends the waiting", async (t) => {
  const holder = await openTransaction(database, locking("ann", "bob"));
  await isFree("cat");
  await isFree("an");
  const { error, elapsedMs } = await failureOf(() =>
    within(300, () => database.transaction(locking("cat", "bob"))),
  );
  t.match(error, { code: "DATABASE_TIMEOUT" });
  t.ok(elapsedMs < 1_500);
  await isFree("cat");
  await holder.commit();
  await isFree("bob");
});

await t.test("one name given twice is locked once, none at all lock nothing", async (t) => {
  await database.transaction(async (tx) => {
    await lockKeys(tx, "ann", "ann");
    await lockKeys(tx, "ann");
    await lockKeys(tx);
    const rows = await world.sql(
      `SELECT FROM pg_locks WHERE locktype = 'advisory'
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    t.equal(rows.length, 1);
  });
});

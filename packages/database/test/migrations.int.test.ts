import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { createWorld, eventually } from "@kismet/testing";
import pg from "pg";
import t from "tap";
import { migrate } from "../src/index.ts";
import { cleanEnvironment } from "./world/instance.ts";

// Of processes on a busy machine.
t.setTimeout(120_000);
// They wait for the most part.
t.jobs = 4;

const world = await createWorld(t, { realAuth: true });
const url = world.databaseUrl("auth");
// A database that was copied from another has none of its rights.
await world.sql(`DO $$ BEGIN
  EXECUTE format('GRANT CREATE ON DATABASE %I TO kismet_auth', current_database());
END $$`);

type Teardown = { teardown(work: () => void): void };

/** A folder as drizzle-kit makes it. */
function migrationsOf(t: Teardown, ...files: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "kismet-migrations-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "meta"));
  const entries = files.map((content, idx) => {
    const tag = `${String(idx).padStart(4, "0")}_step`;
    writeFileSync(join(folder, `${tag}.sql`), content);
    return { idx, version: "7", when: 1_795_000_000_000 + idx, tag, breakpoints: true };
  });
  writeFileSync(
    join(folder, "meta", "_journal.json"),
    JSON.stringify({ version: "7", dialect: "postgresql", entries }),
  );
  return folder;
}

const count = async (table: string) => (await world.sql(`SELECT FROM ${table}`)).length;
const exists = async (name: string) =>
  (await world.sql<{ oid: string | null }>("SELECT to_regclass($1) AS oid", [name]))[0]?.oid !== null;

t.test(
  "several processes that migrate at once do it once, and all succeed",
  { buffered: true },
  async (t) => {
    const folder = migrationsOf(
      t,
      `CREATE TABLE "ledgers"."entries" (note text);
     --> statement-breakpoint
     SELECT pg_sleep(0.3);`,
      `INSERT INTO "ledgers"."entries" VALUES ('first');`,
    );
    const program = fileURLToPath(new URL("migrator-process.ts", import.meta.url));
    const processes = Array.from({ length: 4 }, () =>
      spawn(process.execPath, [program, url, "ledgers", folder], {
        env: cleanEnvironment,
        stdio: ["pipe", "pipe", "inherit"],
      }),
    );
    t.teardown(() => processes.forEach((each) => each.kill("SIGKILL")));
    const exits = processes.map((each) => once(each, "exit"));
    // Each says that it is ready, and goes when its input ends.
    await Promise.all(processes.map(({ stdout }) => once(stdout, "data")));
    for (const { stdin } of processes) stdin.end();
    t.same(
      (await Promise.all(exits)).map(([code]) => code as unknown),
      [0, 0, 0, 0],
    );
    t.equal(await count("ledgers.entries"), 1);
    t.equal(await count("ledgers.migrations"), 2);
    await migrate({ url, schemaName: "ledgers", migrationsFolder: folder });
    t.equal(await count("ledgers.migrations"), 2, "nor is anything done again later");
  },
);

t.test("other schemas need not wait", { buffered: true }, async (t) => {
  const slow = migrationsOf(
    t,
    `CREATE TABLE "slow"."things" (id int);\n--> statement-breakpoint\nSELECT pg_sleep(1.5);`,
  );
  const quick = migrationsOf(t, `CREATE TABLE "quick"."things" (id int);`);
  const order: string[] = [];
  const run = async (schemaName: string, migrationsFolder: string) => {
    await migrate({ url, schemaName, migrationsFolder });
    order.push(schemaName);
  };
  const running = run("slow", slow);
  await eventually(async () => {
    const asleep = await world.sql(
      "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%pg_sleep(1.5)%'",
    );
    if (asleep.length === 0) throw new Error("it has not begun");
  });
  await Promise.all([running, run("quick", quick)]);
  t.same(order, ["quick", "slow"]);
});

t.test("one that fails leaves nothing behind, nor keeps others from it", { buffered: true }, async (t) => {
  const first = `CREATE TABLE "faulty"."people" (name text);`;
  const folder = migrationsOf(t, first, `CREATE TABLE "faulty"."letters" (id int); SELECT 1 / 0;`);
  await t.rejects(migrate({ url, schemaName: "faulty", migrationsFolder: folder }));
  t.notOk(await exists("faulty.people"));
  t.equal(await count("faulty.migrations"), 0);
  await migrate({ url, schemaName: "faulty", migrationsFolder: migrationsOf(t, first) });
  t.ok(await exists("faulty.people"));
});

t.test("A09 one that can't have its table gives way to those who use it", { buffered: true }, async (t) => {
  const first = `CREATE TABLE "busy"."people" (name text);`;
  await migrate({ url, schemaName: "busy", migrationsFolder: migrationsOf(t, first) });
  const both = migrationsOf(t, first, `ALTER TABLE "busy"."people" ADD COLUMN age int;`);
  const reader = new pg.Client({ connectionString: url });
  await reader.connect();
  t.teardown(() => reader.end());
  await reader.query("BEGIN");
  await reader.query("SELECT * FROM busy.people");
  const begin = performance.now();
  await t.rejects(migrate({ url, schemaName: "busy", migrationsFolder: both }), { cause: { code: "55P03" } });
  const elapsedMs = performance.now() - begin;
  t.ok(elapsedMs > 4_900 && elapsedMs < 7_000, "after five seconds", { elapsedMs });
  await reader.query("COMMIT");
  await migrate({ url, schemaName: "busy", migrationsFolder: both });
  t.equal(await count("busy.migrations"), 2);
});

t.test("the job of a deployment says how it went", { buffered: true }, async (t) => {
  const program = fileURLToPath(new URL("../src/migrate-main.ts", import.meta.url));
  const run = async (service: string, KISMET_DATABASE_URL: string) => {
    const child = spawn(process.execPath, [program, service], {
      env: { ...cleanEnvironment, KISMET_DATABASE_URL },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
    return { code: code as unknown, output };
  };
  const outcomes = await Promise.all([run("auth", url), run("../auth", url)]);
  t.match(outcomes, [
    { code: 0, output: /"message":"migrated"/ },
    { code: 1, output: /there are no migrations of a service called/ },
  ]);
});

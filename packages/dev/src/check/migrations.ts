import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { domainServices } from "@kismet/contracts";
import { programOf, root, runNode } from "./run-command.ts";

/** What `npm run migration` would write: the tables of each service are those that its migrations make. */
export async function checkMigrations(): Promise<string[]> {
  const homes = domainServices.map((name) => join(root, "services", name));
  const found = [];
  for (const home of homes)
    if (existsSync(join(home, "src/schema.ts"))) found.push(...(await missingIn(home)));
  return found;
}

export async function missingIn(home: string, migrations = join(home, "migrations")): Promise<string[]> {
  const draft = mkdtempSync(join(tmpdir(), "kismet-migrations-"));
  try {
    cpSync(migrations, draft, { recursive: true });
    const { default: own } = (await import(join(home, "drizzle.config.ts"))) as { default: object };
    // It takes every path for one below the working directory.
    const config = join(draft, "config.json");
    writeFileSync(config, JSON.stringify({ ...own, out: relative(home, draft) }));
    const before = new Set(readdirSync(draft));
    const { all } = await runNode(
      [programOf("drizzle-kit/bin.cjs"), "generate", `--config=${relative(home, config)}`, "--name=missing"],
      { cwd: home },
    );
    const written = readdirSync(draft).filter((name) => !before.has(name));
    // It exits with 0 also when it has failed.
    if (written.length === 0 && !all.includes("No schema changes"))
      return [`${home}: the migrations could not be looked at:\n${all}`];
    return written.map((name) => `${home}: src/schema.ts has what no migration makes; it would be ${name}`);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/**
 * `npm run migration -- <service> <what-changes>`: writes what schema.ts has and the migrations have not as the next of
 * them, for its author to read, and to order into expanding and contracting.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { programOf, root } from "../check/run-command.ts";

const [service = "", name = ""] = process.argv.slice(2);
const home = join(root, "services", service);
if (!existsSync(join(home, "src/schema.ts")) || service === "" || !/^[a-z0-9-]+$/.test(name)) {
  console.error("Usage: npm run migration -- <service with a src/schema.ts> <what-changes, in kebab-case>");
  process.exit(1);
}
const generate = [programOf("drizzle-kit/bin.cjs"), "generate", `--name=${name.replaceAll("-", "_")}`];
// In the terminal's own hands: where a column may have been renamed, it asks.
const { status } = spawnSync(process.execPath, generate, { cwd: home, stdio: "inherit" });
process.exitCode = status ?? 1;
if (status === 0 && existsSync(join(home, "migrations"))) admitExistingSchema(join(home, "migrations"));

/** The schema comes with the service's role, which may not make one. */
function admitExistingSchema(folder: string): void {
  for (const file of readdirSync(folder).filter((path) => path.endsWith(".sql"))) {
    const path = join(folder, file);
    const text = readFileSync(path, "utf8");
    const admitting = text.replace(/^CREATE SCHEMA "/m, 'CREATE SCHEMA IF NOT EXISTS "');
    if (admitting !== text) writeFileSync(path, admitting);
  }
}

/**
 * `npm run bench`: what the gateway, a swipe and a message cost, beside their peers in the same run. Writes
 * docs/benchmarks.md; with `--quick` one short round, which is only printed. Everything runs on private servers that end
 * with it.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { describeMachine, loadAverage } from "./report/describe-machine.ts";
import { writeReport } from "./report/write-report.ts";
import { benchGateway } from "./sections/gateway.ts";
import { benchMessages } from "./sections/messages.ts";
import { fullPlan, quickPlan } from "./sections/plan.ts";
import { takeProfiles } from "./sections/profiles.ts";
import { benchUploads } from "./sections/uploads.ts";
import { benchSwipes } from "./sections/swipes.ts";
import { Cleanup } from "./system/cleanup.ts";
import { startSystem } from "./system/start-system.ts";

const usage = `Usage: npm run bench [-- options]
  --quick       one short round, printed and not written
  --out <file>  write there instead of docs/benchmarks.md
`;
const documented = fileURLToPath(new URL("../docs/benchmarks.md", import.meta.url));

const { values } = parseArgs({
  options: { quick: { type: "boolean" }, out: { type: "string" }, help: { type: "boolean" } },
});
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const out = values.out ?? (values.quick ? undefined : documented);
const plan = values.quick ? quickPlan : fullPlan;
const startedAt = performance.now();
const seconds = () => (performance.now() - startedAt) / 1_000;
const progress = (line: string) => process.stderr.write(`${seconds().toFixed(0).padStart(4)} s  ${line}\n`);

const cleanup = new Cleanup();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void cleanup.run().finally(() => process.exit(1)));
}
try {
  const loadBefore = loadAverage();
  progress("starting Postgres, NATS and Redis");
  const system = await startSystem(cleanup);
  const section = { system, plan, progress };
  // Chat before matching: the matches that the swipes make would be its work.
  const [gateway, uploads, messages, swipes] = [
    await benchGateway(section),
    await benchUploads(section),
    await benchMessages(section),
    await benchSwipes(section),
  ];
  const profiles = plan.profileMs > 0 ? { profiles: await takeProfiles(section) } : {};
  const machine = await describeMachine(system, loadBefore);
  const date = new Date().toISOString().slice(0, 10);
  const report = writeReport({
    machine,
    date,
    seconds: seconds(),
    plan,
    gateway,
    uploads,
    messages,
    swipes,
    ...profiles,
  });
  process.stdout.write(report);
  if (out !== undefined) {
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, report);
    progress(`written to ${out}`);
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await cleanup.run();
}

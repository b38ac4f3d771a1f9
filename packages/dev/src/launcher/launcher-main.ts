/** `npm start`, once bin/kismet.mjs has installed what it needs. */
import { isPortTaken } from "../infrastructure/ports.ts";
import { explain, LaunchError } from "./launch-error.ts";
import { type Options, parseOptions } from "./options.ts";
import { ProcessTable } from "./process-table.ts";
import type { Addresses } from "./start.ts";
import { openStateFolder, type StateFolder } from "./state-folder.ts";
import { Terminal } from "./terminal.ts";

/** npm and the terminal both deliver a Ctrl-C: only a later one means impatience. */
const repeatAfterMs = 1_000;

await main();

async function main(): Promise<void> {
  const plain = new Terminal({ quiet: false });
  try {
    const options = parseOptions(process.argv.slice(2));
    await checkPort(options.port);
    const state = await openStateFolder(options.stateFolder, options);
    await run(options, state, new Terminal(options));
  } catch (error) {
    plain.say(sentenceOf(error));
    process.exit(1);
  }
}

async function checkPort(port: number): Promise<void> {
  if (port === 0 || !(await isPortTaken(port))) return;
  throw new LaunchError(
    `Port ${port} is taken by another program: choose another one, npm start -- --port <number>.`,
  );
}

async function run(options: Options, state: StateFolder, terminal: Terminal): Promise<void> {
  const table = new ProcessTable(({ name, pid }) =>
    terminal.report({ service: "launcher", message: "started", name, pid }),
  );
  state.recordWarden(table.warden.pid);
  const end = createEnding(table, state, terminal);
  try {
    // Only now, since it brings half of what is installed: what stands in the way is told without delay.
    const { start } = await import("./start.ts");
    const addresses = await start({ options, state, table, terminal });
    state.recordAddresses(addresses);
    tell(addresses, terminal);
  } catch (error) {
    if (table.stopping.aborted) return;
    terminal.say(sentenceOf(explain(error, state.path) ?? error));
    await end(1);
  }
}

function createEnding(table: ProcessTable, state: StateFolder, terminal: Terminal) {
  let endingSince: number | undefined;
  const end = async (exitCode: number): Promise<void> => {
    if (endingSince !== undefined) return;
    endingSince = Date.now();
    await terminal.task("stopping", () => table.stop());
    state.release();
    process.exit(exitCode);
  };
  const asked = () => {
    if (endingSince !== undefined && Date.now() - endingSince > repeatAfterMs) table.killAll();
    void end(0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, asked);
  // bin/kismet.mjs is gone, however it went.
  process.on("disconnect", asked);
  const crashed = (error: unknown) => {
    terminal.say(sentenceOf(error));
    void end(1);
  };
  process.on("uncaughtException", crashed);
  process.on("unhandledRejection", crashed);
  return end;
}

/** Aligned for the eye on standard error; for programs as one more line of the log. */
function tell(addresses: Addresses, terminal: Terminal): void {
  const width = Math.max(...Object.keys(addresses).map((name) => name.length));
  const rows = Object.entries(addresses).map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  const seconds = process.uptime().toFixed(1);
  terminal.say(["", `Kismet is ready after ${seconds} s:`, "", ...rows, ""].join("\n"));
  terminal.report({ service: "launcher", message: "ready", addresses });
}

/** A stack only for what nobody has foreseen. */
function sentenceOf(error: unknown): string {
  const known = explain(error, "\0");
  if (known) return known.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

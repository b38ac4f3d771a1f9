/** `npm run admin -- help`: what operators do to accounts, keys and the audit trail. */
import { userInfo } from "node:os";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { type AuditOutcome, createDatabase, recordAudit } from "@kismet/database";
import {
  ConfigurationError,
  contextFromHeaders,
  createLogger,
  createParts,
  loadConfig,
  PublicError,
  runWithContext,
} from "@kismet/service-kit";
import { createAuthAudit } from "../audit/auth-audit.ts";
import { Config } from "../config.ts";
import { createKeyring } from "../keys/keyring.ts";
import { createLetterbox } from "../letters/letterbox.ts";
import { createMailLinks } from "../letters/mail-links.ts";
import * as schema from "../schema.ts";
import { createDigests } from "../secrets/digests.ts";
import { createSealing } from "../secrets/sealing.ts";
import { accountOf, type AdminDeps, ChainBroken, optionNames, Refused, UsageError } from "./command.ts";
import { commands } from "./commands.ts";
import { faultOfUse } from "./decide-use.ts";

const timeoutMs = 600_000;
const graceMs = 10_000;
const exitCodes = { failed: 1, usage: 2, broken: 3 };
const maxReasonLength = 500;

const help = `Does what needs auth's own secrets: works on its database, with or without a service that runs. What it mails
leaves when a service runs.

Usage: npm run admin -- <command> [options]

${Object.entries(commands)
  .map(([name, { args, says }]) => `  ${`${name} ${args}`.trim()}\n      ${says}`)
  .join("\n")}

  <member>          a member id or an e-mail address
  --as <name>       who you are, beside the name that the system knows you by
  --reason <text>   why; both stand in the audit trail, which outlives members: name nobody in it
  --yes             does not ask
  --json            answers in JSON on one line
  --state <folder>  of the npm start that is meant (.kismet)

With KISMET_DATABASE_URL set the environment is that of the auth service, as in production.
Each use is in the audit trail before it does anything, and once more if it was refused or failed.
Ends with 0 when it is done, 1 when it was refused or failed, 2 when it was not understood, 3 when the audit chain is broken.
`;

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;
const optionTypes = {
  ...(Object.fromEntries(optionNames.map((name) => [name, text])) as Record<
    (typeof optionNames)[number],
    typeof text
  >),
  as: text,
  yes: flag,
  json: flag,
  help: flag,
};

// Whatever hangs: a shell that is left behind must not keep connections. What is not committed by then is not done.
setTimeout(() => {
  process.stderr.write("It took longer than ten minutes and was given up.\n");
  process.exit(exitCodes.failed);
}, timeoutMs + graceMs).unref();

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.exitCode =
    error instanceof UsageError
      ? exitCodes.usage
      : error instanceof ChainBroken
        ? exitCodes.broken
        : exitCodes.failed;
  process.stderr.write(`${tell(error)}\n`);
}
process.exit();

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parse(args);
  if (values.help || positionals[0] === "help" || positionals.length === 0) {
    process.stdout.write(help);
    return;
  }
  const { name, command, words } = commandOf(positionals, Object.keys(values));
  if (command.isDestructive && !values.yes) await confirm(`${positionals.join(" ")}?`);
  const { username } = userInfo();
  const operator = (values.as === undefined ? username : `${username} as ${values.as}`).slice(0, 100);
  const context = contextFromHeaders(() => undefined, { timeoutMs });
  const answer = await runWithContext({ ...context, operator }, () =>
    withDeps(operator, async (deps) => {
      const details = { command: name, reason: values.reason?.slice(0, maxReasonLength) ?? null };
      const who = command.hasMember ? words[0] : undefined;
      let subject: string | undefined;
      const use = (outcome: AuditOutcome, fault: { fault?: string } = {}) =>
        recordAudit(deps.database.read, {
          action: "auth.admin.use",
          outcome,
          subject,
          details: { ...details, ...fault },
        });
      try {
        if (who !== undefined) subject = (await accountOf(deps, who)).memberId;
        // First: what is done must not go without who did it.
        await use("ok");
        return await command.run(deps, words, values);
      } catch (error) {
        const fault = error instanceof PublicError ? error.code : (error as Error).name;
        await use("refused", { fault }).catch((unrecorded: unknown) => {
          process.stderr.write(`That it failed could not be recorded: ${tell(unrecorded)}\n`);
        });
        throw error;
      }
    }),
  );
  process.stdout.write(`${values.json ? JSON.stringify(answer) : JSON.stringify(answer, null, 2)}\n`);
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: optionTypes });
  } catch (error) {
    // Its first sentence: the rest is advice on what nobody meant.
    const [fault] = (error as Error).message.split(". ");
    throw new UsageError(`${fault}. See npm run admin -- help.`);
  }
}

function commandOf(words: string[], options: readonly string[]) {
  for (const count of [2, 1]) {
    const name = words.slice(0, count).join(" ");
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command) continue;
    const rest = words.slice(count);
    const fault = faultOfUse(command.args, rest, options);
    if (fault !== undefined) throw new UsageError(`${fault}\n${`Usage: ${name} ${command.args}`.trimEnd()}`);
    return { name, command, words: rest };
  }
  const alike = Object.keys(commands).filter((name) => name.startsWith(`${words[0]} `));
  const hint = alike.length > 0 ? ` There are: ${alike.join(", ")}.` : "";
  throw new UsageError(`"${words.join(" ")}" is no command.${hint} See npm run admin -- help.`);
}

async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY) throw new UsageError("This changes something: say --yes.");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  if (!/^y(es)?$/i.test(answer)) throw new UsageError("Nothing was done.");
}

async function withDeps<T>(operator: string, work: (deps: AdminDeps) => Promise<T>): Promise<T> {
  const config = loadConfig(Config, process.env);
  // Standard output is the answer's.
  const destination = { write: (line: string) => void process.stderr.write(line) };
  const logger = createLogger({ service: "auth", instanceId: "admin", level: "error" }, destination);
  const parts = createParts("auth", config, { logger });
  const { clock } = parts;
  const database = createDatabase(parts, schema);
  const sealing = createSealing(config.keyEncryptionSecret, config.keyEncryptionSecretAlso);
  const links = createMailLinks(config);
  await parts.lifecycle.start();
  try {
    return await work({
      operator,
      database,
      clock,
      sealing,
      links,
      digests: createDigests(config.hashSecret),
      keyring: createKeyring({ database, clock, sealing, signingKeyDays: config.signingKeyDays }),
      letterbox: createLetterbox({ sealing, clock, posted: () => undefined }),
      audit: createAuthAudit(parts, database),
      minimumAge: config.minimumAge,
      undoHours: config.emailUndoHours,
    });
  } finally {
    await parts.lifecycle.stop();
  }
}

function tell(error: unknown): string {
  if (error instanceof PublicError)
    return [
      `${error.code}: ${error.detail}`,
      ...(error.errors ?? []).map(({ path, message }) => `  ${path.replace("/", "")} ${message}`),
    ].join("\n");
  if (error instanceof ChainBroken) return `The audit chain is broken: ${error.message}.`;
  if (error instanceof UsageError || error instanceof Refused || error instanceof ConfigurationError)
    return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

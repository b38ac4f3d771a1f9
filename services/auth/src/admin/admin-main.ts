/** `npm run admin -- help`: what operators do to accounts, keys and the audit trail. */
import { userInfo } from "node:os";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { createDatabase, recordAudit } from "@kismet/database";
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
import * as schema from "../schema.ts";
import { createDigests } from "../secrets/digests.ts";
import { createSealing } from "../secrets/sealing.ts";
import { accountOf, type AdminDeps, ChainBroken, commands, type Flags, UsageError } from "./commands.ts";

const timeoutMs = 600_000;
const exitCodes = { failed: 1, usage: 2, broken: 3 };

const help = `Does what needs auth's own secrets: works on its database, with or without a service that runs.

Usage: npm run admin -- <command> [options]

${Object.entries(commands)
  .map(([name, { args, says }]) => `  ${`${name} ${args}`.trim()}\n      ${says}`)
  .join("\n")}

  <member>          a member id or an e-mail address
  --as <name>       who you are, beside the name that the system knows you by
  --reason <text>   why; both stand in the audit trail
  --yes             does not ask
  --json            answers in JSON
  --state <folder>  of the npm start that is meant (.kismet)

With KISMET_DATABASE_URL set the environment is that of the auth service, as in production.
Ends with 0 when it is done, 1 when it was refused or failed, 2 when it was not understood, 3 when the audit chain is broken.
`;

const optionTypes = {
  as: { type: "string" },
  reason: { type: "string" },
  until: { type: "string" },
  statement: { type: "string" },
  comment: { type: "string" },
  head: { type: "string" },
  yes: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

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
  const { name, command, words } = commandOf(positionals);
  if (command.isDestructive && !values.yes) await confirm(`${positionals.join(" ")}?`);
  const { username } = userInfo();
  const operator = (values.as === undefined ? username : `${username} as ${values.as}`).slice(0, 100);
  const context = contextFromHeaders(() => undefined, { timeoutMs });
  const answer = await runWithContext({ ...context, operator }, () =>
    withDeps(async (deps) => {
      const subject = command.hasMember ? (await accountOf(deps, words[0])).memberId : undefined;
      // First: what is done must not go without who did it.
      await recordAudit(deps.database.read, {
        action: "auth.admin.use",
        subject,
        details: { command: name, reason: values.reason?.slice(0, 500) ?? null },
      });
      return command.run(deps, words, values satisfies Flags);
    }),
  );
  process.stdout.write(`${values.json ? JSON.stringify(answer) : JSON.stringify(answer, null, 2)}\n`);
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: optionTypes });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function commandOf(words: string[]) {
  for (const count of [2, 1]) {
    const name = words.slice(0, count).join(" ");
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command) continue;
    const rest = words.slice(count);
    const needed = (command.args.match(/(?<![-\w] )<\w+>/g) ?? []).filter(
      (word) => !/time|text|seq|digest/.test(word),
    );
    if (rest.length < needed.length) throw new UsageError(`Usage: ${name} ${command.args}`);
    return { name, command, words: rest };
  }
  throw new UsageError(`"${words.join(" ")}" is no command: npm run admin -- help.`);
}

async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY) throw new UsageError("This changes something: say --yes.");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  if (!/^y(es)?$/i.test(answer)) throw new UsageError("Nothing was done.");
}

async function withDeps<T>(work: (deps: AdminDeps) => Promise<T>): Promise<T> {
  const config = loadConfig(Config, process.env);
  // Standard output is the answer's.
  const destination = { write: (line: string) => void process.stderr.write(line) };
  const logger = createLogger({ service: "auth", instanceId: "admin", level: "error" }, destination);
  const parts = createParts("auth", config, { logger });
  const { clock } = parts;
  const database = createDatabase(parts, schema);
  const sealing = createSealing(config.keyEncryptionSecret, config.keyEncryptionSecretAlso);
  await parts.lifecycle.start();
  try {
    return await work({
      database,
      clock,
      sealing,
      digests: createDigests(config.hashSecret),
      keyring: createKeyring({ database, clock, sealing, signingKeyDays: config.signingKeyDays }),
      letterbox: createLetterbox({ sealing, clock, posted: () => undefined }),
      audit: createAuthAudit(parts, database),
    });
  } finally {
    await parts.lifecycle.stop();
  }
}

function tell(error: unknown): string {
  if (error instanceof PublicError) return `${error.code}: ${error.detail}`;
  if (error instanceof ChainBroken) return `The audit chain is broken: ${error.message}.`;
  if (error instanceof UsageError || error instanceof ConfigurationError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

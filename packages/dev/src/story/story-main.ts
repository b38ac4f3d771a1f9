/**
 * `npm run story`: two members, Ada and Bo, from signing up to parting, told by a client that knows only the gateway (and
 * the mail catcher, to read the codes). Each step is printed with how long it took; the first thing that is not as it
 * should be ends the story with exit code 1.
 */
import { parseArgs } from "node:util";
import { type Cast, gatherCast } from "./cast.ts";
import { tellBilling } from "./chapters/billing.ts";
import { tellBlock, tellFarewell } from "./chapters/blocks.ts";
import { tellChat } from "./chapters/chat.ts";
import { tellDeck } from "./chapters/deck.ts";
import { tellDeletion } from "./chapters/deletion.ts";
import { tellProfiles } from "./chapters/profiles.ts";
import { tellSessions } from "./chapters/sessions.ts";
import { tellSignUp } from "./chapters/sign-up.ts";
import { tellSwipes } from "./chapters/swipes.ts";
import { tellWaysIn } from "./chapters/ways-in.ts";
import { Unexpected } from "./expect.ts";
import { findSystem, type System } from "./find-system.ts";
import { Gateway } from "./gateway.ts";
import { Mailbox } from "./mailbox.ts";
import { describeFailure, Narrator } from "./narrator.ts";

const usage = `Usage: npm run story -- [options]

  --gateway <url>  gateway to play it against
  --mail <url>     mail catcher (maildev) that the system there sends to
  --help           this text

Without both, the story plays on what npm start runs, or else on a system of its own.
`;

process.exit(await main());

async function main(): Promise<number> {
  const narrator = new Narrator();
  const options = readOptions();
  if (typeof options === "number") return options;
  let system: System | undefined;
  try {
    system = options.system ?? (await findSystem((line) => narrator.say(line)));
    endWhenAsked(system);
    narrator.say(`Gateway ${system.gateway}, mail ${system.mail}`);
    const started = performance.now();
    const gateway = new Gateway(system.gateway, (line) => narrator.say(line));
    await tell(gatherCast(gateway, new Mailbox(system.mail), narrator));
    const seconds = ((performance.now() - started) / 1_000).toFixed(1);
    narrator.say(`\nThe story holds: ${narrator.steps} steps in ${seconds} s.`);
    return 0;
  } catch (error) {
    report(error, system, narrator);
    return 1;
  } finally {
    await system?.end();
  }
}

async function tell(cast: Cast): Promise<void> {
  await tellSignUp(cast);
  await tellSessions(cast);
  await tellWaysIn(cast);
  await tellProfiles(cast);
  await tellDeck(cast);
  const matchId = await tellSwipes(cast);
  await tellChat(cast, matchId);
  await tellBilling(cast);
  await tellDeletion(cast, matchId);
  await tellBlock(cast, matchId);
  await tellFarewell(cast);
}

/** An exit code if there is nothing to tell. */
function readOptions(): { system?: System } | number {
  try {
    const { gateway, mail, help } = parseArgs({
      options: {
        gateway: { type: "string" },
        mail: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
    if (help) {
      process.stdout.write(usage);
      return 0;
    }
    if (gateway === undefined && mail === undefined) return {};
    if (gateway === undefined || mail === undefined) throw new Error("--gateway and --mail go together.");
    return { system: { gateway, mail, complaints: [], end: async () => undefined } };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    return 1;
  }
}

function report(error: unknown, system: System | undefined, narrator: Narrator): void {
  if (error instanceof Unexpected) {
    narrator.say(`\n  expected  ${error.expected}\n  came      ${error.came}`);
  } else {
    narrator.say(`\n${describeFailure(error)}`);
  }
  const { complaints = [] } = system ?? {};
  if (complaints.length > 0) narrator.say(["\nThe system complained:", ...complaints].join("\n  "));
}

/** Ctrl-C leaves nothing behind. */
function endWhenAsked(system: System): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => void system.end().finally(() => process.exit(1)));
  }
}

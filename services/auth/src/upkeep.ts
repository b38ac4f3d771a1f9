import { pollAsLeader } from "@kismet/database";
import { type Clock, type Logger, type Parts, PublicError } from "@kismet/service-kit";
import { deleteUnverifiedBefore } from "./accounts/accounts-repository.ts";
import { deleteChecksBefore } from "./age/age-repository.ts";
import type { Config } from "./config.ts";
import { deleteEmailChangesBefore } from "./email/email-changes-repository.ts";
import { deleteAskedMailsBefore } from "./letters/asked-mails-repository.ts";
import { rewrapSecrets } from "./keys/rewrap-secrets.ts";
import type { Sealing } from "./secrets/sealing.ts";
import type { Keyring } from "./keys/keyring.ts";
import { deleteFlowsBefore } from "./oidc/flows-repository.ts";
import { deleteTicketsBefore } from "./oidc/tickets-repository.ts";
import { deletePasskeyChallengesBefore } from "./passkeys/passkeys-repository.ts";
import { deleteResetsBefore } from "./password/resets-repository.ts";
import { deleteSessionsBefore } from "./sessions/sessions-repository.ts";
import { deleteChallengesBefore } from "./signin/challenges-repository.ts";
import { deleteWhereaboutsBefore } from "./signin/devices-repository.ts";
import { deleteGuessesBefore } from "./signin/guesses-repository.ts";
import { deleteSignupsBefore } from "./signup/signups-repository.ts";
import type { AuthDatabase, Tx } from "./storage.ts";

const everyMs = 600_000;
const dayMs = 86_400_000;
/** An address that nobody proved to be theirs is free again after this. */
const keepUnverifiedMs = 7 * dayMs;
/** A device or network that was not used for so long is new again. */
const keepWhereaboutsMs = 180 * dayMs;
/** So long an estimate that was too near to the limit keeps its member from trying with another face. */
const keepAgeChecksMs = 90 * dayMs;

type UpkeepDeps = {
  database: AuthDatabase;
  keyring: Keyring;
  sealing: Sealing;
  clock: Clock;
  logger: Logger;
  emailUndoHours: number;
};

/** What happens without anybody asking: keys are rotated, what has expired is forgotten. One instance does it. */
export function startUpkeep(
  parts: Parts<Config>,
  deps: Pick<UpkeepDeps, "database" | "keyring" | "sealing">,
): void {
  const { clock, logger, config } = parts;
  pollAsLeader(parts, deps.database, {
    name: "upkeep",
    everyMs,
    timeoutMs: 60_000,
    async work() {
      await keepUp({ ...deps, clock, logger, emailUndoHours: config.emailUndoHours });
      return false;
    },
  });
}

/** Each on its own: a secret that nothing opens any more must not keep what has expired from being forgotten. */
export async function keepUp(deps: UpkeepDeps): Promise<void> {
  for (const [job, work] of Object.entries(jobsOf(deps))) {
    try {
      await work();
    } catch (err) {
      // Somebody should look, unless it is the database that is away: that is told elsewhere.
      const level = err instanceof PublicError ? "warn" : "error";
      deps.logger[level]({ err, job }, "a part of the upkeep failed");
    }
  }
}

function jobsOf({ database, keyring, sealing, clock, emailUndoHours }: UpkeepDeps) {
  const forgets = (deleteBefore: (tx: Tx, before: Date) => Promise<void>, keptMs: number) => () =>
    database.transaction((tx) => deleteBefore(tx, new Date(clock.now().getTime() - keptMs)));
  return {
    "rotate keys": () => keyring.rotate(),
    "seal anew": () => rewrapSecrets({ database, sealing }),
    "forget sessions": forgets(deleteSessionsBefore, dayMs),
    "forget sign-ups": forgets(deleteSignupsBefore, keepUnverifiedMs),
    "forget what mails were asked for": forgets(deleteAskedMailsBefore, dayMs),
    "forget resets": forgets(deleteResetsBefore, dayMs),
    "forget changes of address": forgets(deleteEmailChangesBefore, dayMs + emailUndoHours * 3_600_000),
    "forget challenges": forgets(deleteChallengesBefore, 2 * dayMs),
    "forget flows": forgets(deleteFlowsBefore, 0),
    "forget tickets": forgets(deleteTicketsBefore, 1_800_000),
    "forget passkey challenges": forgets(deletePasskeyChallengesBefore, 0),
    "forget whereabouts": forgets(deleteWhereaboutsBefore, keepWhereaboutsMs),
    "forget age checks": forgets(deleteChecksBefore, keepAgeChecksMs),
    "forget guesses": forgets(deleteGuessesBefore, dayMs),
    "forget the unverified": forgets(deleteUnverifiedBefore, keepUnverifiedMs),
  };
}

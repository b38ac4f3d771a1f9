import { pollAsLeader } from "@kismet/database";
import type { Parts } from "@kismet/service-kit";
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
import type { AuthDatabase } from "./storage.ts";

const everyMs = 600_000;
const dayMs = 86_400_000;
/** An address that nobody proved to be theirs is free again after this. */
const keepUnverifiedMs = 7 * dayMs;
/** A device or network that was not used for so long is new again. */
const keepWhereaboutsMs = 180 * dayMs;
/** So long an estimate that was too near to the limit keeps its member from trying with another face. */
const keepAgeChecksMs = 90 * dayMs;

/** What happens without anybody asking: keys are rotated, what has expired is forgotten. One instance does it. */
export function startUpkeep(
  parts: Parts<Config>,
  { database, keyring, sealing }: { database: AuthDatabase; keyring: Keyring; sealing: Sealing },
): void {
  pollAsLeader(parts, database, {
    name: "upkeep",
    everyMs,
    timeoutMs: 60_000,
    async work() {
      const before = (ms: number) => new Date(parts.clock.now().getTime() - ms);
      await keyring.rotate();
      await rewrapSecrets({ database, sealing });
      await database.transaction(async (tx) => {
        await deleteSessionsBefore(tx, before(dayMs));
        await deleteSignupsBefore(tx, before(keepUnverifiedMs));
        await deleteAskedMailsBefore(tx, before(dayMs));
        await deleteResetsBefore(tx, before(dayMs));
        await deleteEmailChangesBefore(tx, before(dayMs + parts.config.emailUndoHours * 3_600_000));
        await deleteChallengesBefore(tx, before(2 * dayMs));
        await deleteFlowsBefore(tx, before(0));
        await deleteTicketsBefore(tx, before(1_800_000));
        await deletePasskeyChallengesBefore(tx, before(0));
        await deleteWhereaboutsBefore(tx, before(keepWhereaboutsMs));
        await deleteChecksBefore(tx, before(keepAgeChecksMs));
        await deleteGuessesBefore(tx, before(dayMs));
        await deleteUnverifiedBefore(tx, before(keepUnverifiedMs));
      });
      return false;
    },
  });
}

import { pollAsLeader, recordAudit } from "@kismet/database";
import type { Parts } from "@kismet/service-kit";
import { lockAccount } from "../accounts/accounts-repository.ts";
import type { Config } from "../config.ts";
import { settleStanding } from "../standing/settle-standing.ts";
import type { AgeDeps } from "./age-deps.ts";
import {
  findAssurance,
  findCheck,
  listEnded,
  listOverdue,
  saveAssurance,
  type StoredCheck,
  updateCheck,
} from "./age-repository.ts";

const everyMs = 2_000;
const batch = 50;

/** Proofs end when their time is over, and checks that nobody comes back from; one instance sees to it. */
export function endProofs(parts: Parts<Config>, deps: AgeDeps): void {
  const { database, clock } = deps;
  pollAsLeader(parts, database, {
    name: "proofs of age",
    everyMs,
    timeoutMs: 30_000,
    async work() {
      const ended = await listEnded(database.read, clock.now(), batch);
      for (const { memberId } of ended) await endProof(deps, memberId);
      const overdue = await listOverdue(database.read, clock.now(), batch);
      for (const check of overdue) await giveUp(deps, check);
      return ended.length === batch || overdue.length === batch;
    },
  });
}

async function endProof({ database, clock }: AgeDeps, memberId: string): Promise<void> {
  await database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    const stored = await findAssurance(tx, memberId);
    const now = clock.now();
    // Another one may have taken its place meanwhile.
    if (!account || !stored?.expiresAt || stored.expiresAt > now) return;
    if (stored.state !== "estimated" && stored.state !== "verified") return;
    await saveAssurance(tx, { ...stored, state: "expired" });
    await recordAudit(tx, { action: "auth.age.expire", actor: { kind: "system" }, subject: memberId });
    await settleStanding(tx, account, now);
  });
}

/** Its result still counts if it was found in time. */
async function giveUp({ database, clock, outcomes }: AgeDeps, { id, memberId }: StoredCheck): Promise<void> {
  const method = await database.transaction(async (tx) => {
    await lockAccount(tx, memberId);
    const check = await findCheck(tx, id);
    if (!check || check.closedAt) return undefined;
    const outcome = check.providerRef === null ? "unavailable" : "expired";
    await updateCheck(tx, id, { closedAt: clock.now(), outcome, sealedRedirect: null });
    return check.method;
  });
  if (method) outcomes.inc({ method, outcome: "expired" });
}

import { pollAsLeader } from "@kismet/database";
import type { Parts } from "@kismet/service-kit";
import { lockAccount } from "../accounts/accounts-repository.ts";
import type { Config } from "../config.ts";
import { endStanding, type StandingDeps } from "./restrict-account.ts";
import { findOpenRestriction, listExpired } from "./standing-repository.ts";

const everyMs = 2_000;
const batch = 50;

/** Suspensions end when they said they would; one instance sees to it. */
export function endSuspensions(parts: Parts<Config>, deps: StandingDeps): void {
  pollAsLeader(parts, deps.database, {
    name: "suspensions",
    everyMs,
    timeoutMs: 30_000,
    async work() {
      const expired = await listExpired(deps.database.read, deps.clock.now(), batch);
      for (const { id, memberId } of expired) await endOne(deps, memberId, id);
      return expired.length === batch;
    },
  });
}

async function endOne(deps: StandingDeps, memberId: string, id: string): Promise<void> {
  await deps.database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    const open = await findOpenRestriction(tx, memberId);
    // Another one may have taken its place meanwhile.
    if (account && open?.id === id) await endStanding(tx, deps, account, open, "expired");
  });
}

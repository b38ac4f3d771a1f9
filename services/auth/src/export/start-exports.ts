import { randomUUID } from "node:crypto";
import { createPoller, type Parts, type Poller } from "@kismet/service-kit";
import { deleteExpiredExports, takeDueExports } from "./exports-repository.ts";
import { type ArchiveDeps, archiveTimeoutMs, makeArchive } from "./make-archive.ts";

const everyMs = 2_000;
/** Archives are large, and nobody waits for them. */
const atOnce = 1;
const leaseMs = archiveTimeoutMs + 60_000;
const rowsKeptMs = 30 * 86_400_000;

/** Every instance makes archives; a lease keeps two from the same one. */
export function startExports(parts: Parts, deps: ArchiveDeps): Poller {
  const { database, clock } = deps;
  const poller = createPoller(parts.logger, {
    name: "exports",
    everyMs,
    timeoutMs: leaseMs,
    async work() {
      const now = clock.now();
      const writer = randomUUID();
      const leaseEnds = new Date(now.getTime() + leaseMs);
      const taken = await database.transaction(async (tx) => {
        await deleteExpiredExports(tx, now, new Date(now.getTime() - rowsKeptMs));
        return takeDueExports(tx, { now, leaseEnds, writer, limit: atOnce });
      });
      for (const one of taken) await makeArchive(deps, one, writer);
      return taken.length === atOnce;
    },
  });
  parts.lifecycle.add(poller);
  return poller;
}

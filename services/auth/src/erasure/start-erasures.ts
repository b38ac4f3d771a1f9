import { createPoller, Gauge, type Parts } from "@kismet/service-kit";
import { beginErasures } from "./begin-erasures.ts";
import { carryOutErasure, type ErasureDeps } from "./carry-out-erasure.ts";
import { countOpen, takeDueErasures } from "./erasures-repository.ts";

const everyMs = 2_000;
const atOnce = 4;
/** Longer than all services may take together. */
const leaseMs = 120_000;

/** Every instance looks for those whose time has come; a lease keeps two from the same one. */
export function startErasures(parts: Parts, deps: ErasureDeps): void {
  const { database, clock } = deps;
  measure(parts, deps);
  parts.lifecycle.add(
    createPoller(parts.logger, {
      name: "erasures",
      everyMs,
      timeoutMs: leaseMs,
      async work() {
        const begun = await beginErasures(deps);
        const now = clock.now();
        const leaseEnds = new Date(now.getTime() + leaseMs);
        const taken = await database.transaction((tx) => takeDueErasures(tx, now, leaseEnds, atOnce));
        await Promise.all(taken.map((erasure) => carryOutErasure(deps, erasure)));
        return begun > 0 || taken.length === atOnce;
      },
    }),
  );
}

function measure(parts: Parts, { database, clock, overdueMs }: ErasureDeps): void {
  new Gauge({
    name: "kismet_erasures",
    help: "Members who are being erased, and of these the ones who should have been by now",
    labelNames: ["state"],
    registers: [parts.metrics],
    async collect() {
      try {
        const { open, overdue } = await countOpen(database.read, new Date(clock.now().getTime() - overdueMs));
        this.set({ state: "open" }, open);
        this.set({ state: "overdue" }, overdue);
      } catch (error) {
        parts.logger.debug({ err: error }, "could not count erasures");
      }
    },
  });
}

import type { Bus } from "@kismet/bus";
import { holdLeadership } from "@kismet/database";
import type { Parts } from "@kismet/service-kit";
import type { Config } from "../config.ts";
import type { MatchingDatabase } from "../storage.ts";
import { sweepSuperlikes } from "./sweep-superlikes.ts";

/** Sweeps for as long as this instance leads. Two leaders for a moment do no harm: refunds are idempotent. */
export function keepSweeping(
  parts: Parts<Config>,
  { database, bus }: { database: MatchingDatabase; bus: Bus },
): void {
  const { clock, logger, config } = parts;
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> = Promise.resolve();

  async function sweep(): Promise<void> {
    try {
      await sweepSuperlikes({ database, bus, clock, logger, superlikeGraceMs: config.superlikeGraceMs });
    } catch (error) {
      logger.warn({ err: error }, "super likes not swept");
    }
    timer?.refresh();
  }

  holdLeadership(parts, database, "superlikes", {
    gained() {
      timer = setTimeout(() => (sweeping = sweep()), config.superlikeSweepMs);
    },
    async lost() {
      clearTimeout(timer);
      timer = undefined;
      await sweeping;
    },
  });
}

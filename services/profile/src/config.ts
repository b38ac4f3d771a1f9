import { CustodySettings, DatabaseSettings, NatsSettings, ProcessSettings } from "@kismet/service-kit";
import { type Static, Type } from "typebox";

export const Config = Type.Object({
  ...ProcessSettings,
  ...DatabaseSettings,
  ...NatsSettings,
  ...CustodySettings,
  /** How often a member may move to another cell in a day. */
  locationChangesPerDay: Type.Integer({ minimum: 1, maximum: 100_000, default: 48 }),
  /** A move beyond this is a far one ... */
  farMoveKm: Type.Integer({ minimum: 1, maximum: 20_000, default: 100 }),
  /** ... of which there may be one in this time: people travel, those who look for others by moving about jump. */
  farMoveIntervalMs: Type.Integer({ minimum: 0, maximum: 86_400_000, default: 3_600_000 }),
  /** People whom one member has ever blocked; each takes a row for good. */
  maxBlocksPerMember: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 10_000 }),
});
export type Config = Static<typeof Config>;

import { CustodySettings, DatabaseSettings, NatsSettings, ProcessSettings } from "@kismet/service-kit";
import { type Static, Type } from "typebox";

export const Config = Type.Object({
  ...ProcessSettings,
  ...DatabaseSettings,
  ...NatsSettings,
  ...CustodySettings,
  /** Likes that a member of the free tier has in one day of the member's own. */
  freeLikesPerDay: Type.Integer({ minimum: 1, maximum: 10_000, default: 50 }),
  /** A super like that has not become a swipe by then is given up and refunded; longer than any request lives. */
  superlikeGraceMs: Type.Integer({ minimum: 100, maximum: 3_600_000, default: 30_000 }),
  superlikeSweepMs: Type.Integer({ minimum: 50, maximum: 60_000, default: 1_000 }),
});
export type Config = Static<typeof Config>;

import {
  CustodySettings,
  DatabaseSettings,
  NatsSettings,
  ProcessSettings,
  RedisSettings,
} from "@kismet/service-kit";
import { type Static, Type } from "typebox";

export const Config = Type.Object({
  ...ProcessSettings,
  ...DatabaseSettings,
  ...NatsSettings,
  ...CustodySettings,
  ...RedisSettings,
  /** Messages that a member may send in any minute, over all connections and instances. */
  messagesPerMinute: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 30 }),
  /** Frames of any kind, likewise. */
  framesPerMinute: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 300 }),
  /** A device that was away for longer has to read everything anew. */
  changeRetentionDays: Type.Integer({ minimum: 1, maximum: 365, default: 30 }),
  /** So has one that has missed more than this: reading the conversations is then the shorter way. */
  maxMissedChanges: Type.Integer({ minimum: 10, maximum: 100_000, default: 5_000 }),
  /** Sockets of one member at an instance: people have fewer devices, and what more would cost is what everybody pays for. */
  socketsPerMember: Type.Integer({ minimum: 1, maximum: 1_000, default: 10 }),
  ticketSeconds: Type.Integer({ minimum: 1, maximum: 300, default: 30 }),
  /** How often a silent socket is asked whether it lives; one that has not answered by the next time is dropped. */
  heartbeatMs: Type.Integer({ minimum: 100, maximum: 300_000, default: 30_000 }),
  /** How often the feeds of connected members are compared with what was pushed: bounds what a lost signal costs. */
  catchUpMs: Type.Integer({ minimum: 50, maximum: 60_000, default: 5_000 }),
  /** A socket whose buffer has not drained for this long is closed. */
  slowReaderMs: Type.Integer({ minimum: 100, maximum: 60_000, default: 10_000 }),
  /** Sockets of a stopping instance are told to come back at a random time within this. */
  reconnectSpreadMs: Type.Integer({ minimum: 0, maximum: 60_000, default: 2_000 }),
});
export type Config = Static<typeof Config>;

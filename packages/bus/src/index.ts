/**
 * @kismet/bus: how services ask each other and hear of each other.
 *
 * Purpose: requests as NATS micro-services; events by a transactional outbox, a relay, JetStream, and consumers with an
 * inbox; signals over core NATS; dead letters, replay and rebuild by command.
 * Lifecycle: `createBus` connects nothing; `serve`, `consume` and `watch` are called before the lifecycle starts, which
 * waits for NATS, catches up with what is watched, and then leads where it is its turn. Stopping drains in reverse.
 * Invariants: Postgres holds the truth, so a stream may be lost at any time; an event is published at least once and
 * takes effect once; events of one aggregate take effect in the order in which they were written; nothing waits without
 * a deadline; what comes or goes fits its schema.
 * May depend on: @kismet/contracts, @kismet/service-kit, @kismet/database.
 */
export { createAccessControl } from "./access-control.ts";
export { createClientRegister } from "./client-register.ts";
export { type Bus, type BusContracts, createBus } from "./bus.ts";
export type { ConsumerDeclaration } from "./consumer.ts";
export { emit } from "./emit.ts";
export { type EventHandler, type EventOf, on } from "./events.ts";
export { listDeadLetters, readRebuild, rebuildProjection, replayDeadLetters } from "./ops-contracts.ts";
export type { Listening } from "./signals.ts";
export { busTables } from "./tables.ts";
export {
  engraveTombstone,
  holdTombstones,
  isErased,
  lockTombstone,
  setUpTombstone,
  tombstoneOf,
  tombstoneReceipt,
} from "./tombstones-repository.ts";

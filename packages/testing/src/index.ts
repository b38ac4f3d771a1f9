/**
 * @kismet/testing: real servers for every test, shared, and a world of its own for each test file.
 *
 * Lifecycle: `servers-main.ts` runs one Postgres, NATS and Redis for a whole run; `createWorld` leases a database
 * copied from a migrated template, a NATS account and a Redis database; tap's teardown gives them back.
 * Invariants: nothing here stands in for Postgres, NATS or Redis; only services that are not under test are played
 * (`world.standIn`), and these speak through their real outbox.
 * May be imported by tests only; may depend on any package.
 */
export { createWorld, type Teardown, type World } from "./world.ts";
export { routesOfAnyStatus, routesWithIds } from "./routes-with-ids.ts";
export { answer, type StandIn } from "./stand-in.ts";
export { memberToken, startTestService, type TestService } from "./start-test-service.ts";
export { freePort } from "@kismet/dev";
export { newId, TestSigner } from "./member-token.ts";
export { eventually, forAWhile } from "./eventually.ts";
export { MovedClock } from "./moved-clock.ts";
export { environmentOf, variableOf } from "./environment-of.ts";
export { type Instance, type LoggedLine, secretOfSystem, spawnSystem, type System } from "./spawn-system.ts";
export { type PrivateServer, type PrivateServers, startPrivateServers } from "./private-servers.ts";

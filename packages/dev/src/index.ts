/**
 * @kismet/dev: what `npm start` runs, and the servers that tests run on.
 *
 * Purpose: real Postgres, NATS, Redis and a mail catcher on any machine with Node; the services on top of them.
 * Lifecycle: each `start...` resolves when the server can be used and takes a free port unless it is told one; what it
 * returns stops it. A server is a process (group) of its own: who starts it must stop it.
 * Invariants: everything listens on the loopback address only; nothing is installed into the system.
 * May depend on any package.
 */
export { startPostgres, type PostgresServer } from "./infrastructure/postgres.ts";
export { startNats, type NatsServer } from "./infrastructure/nats.ts";
export { startRedis, type RedisServer } from "./infrastructure/redis.ts";
export { startMailCatcher, type MailCatcher } from "./infrastructure/mail-catcher.ts";
export { type Exit, type ManagedProcess, startProcess } from "./infrastructure/managed-process.ts";
export { freePort } from "./infrastructure/ports.ts";
export { serviceEnvironment } from "./service-environment.ts";
export { type Returned, visitProvider } from "./story/visit-provider.ts";
export { type Deviation, SoftwareAuthenticator } from "./story/software-authenticator.ts";
export { leakShapes } from "./check/leak-shapes.ts";

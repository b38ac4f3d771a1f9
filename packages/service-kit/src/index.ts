/**
 * @kismet/service-kit: what makes all services alike.
 *
 * Purpose: configuration, logs, request context, errors, HTTP, access tokens, health, start and stop, breakers, retries,
 * metrics, traces: each once, and registered by the kit, since what a service must remember it will forget.
 * Lifecycle: `runService` loads the configuration, makes `Parts`, lets `buildApp` wire them without connecting anything,
 * then starts what was added to `lifecycle`, listens, and undoes it all in reverse on SIGTERM or on an error that nobody
 * caught.
 * Invariants: nothing is global except the current request context; whatever waits has a deadline; an answer to a
 * client says nothing of the inside.
 * May depend on: @kismet/contracts.
 */
export { ConfigurationError, loadConfig, variableOf } from "./configuration/load-config.ts";
export { connectionUrl, secret } from "./configuration/secret.ts";
export {
  CustodySettings,
  DatabaseSettings,
  NatsSettings,
  ProcessSettings,
  proxyAddress,
  RedisSettings,
} from "./configuration/settings.ts";
export { type Clock, systemClock } from "./context/clock.ts";
export { type Deadline, deadlineIn } from "./context/deadline.ts";
export {
  acceptRequestId,
  bearerToken,
  contextFromHeaders,
  contextHeaders,
  currentContext,
  type RequestContext,
  requireContext,
  runWithContext,
} from "./context/request-context.ts";
export { continueTrace, isTraced, traceHeaders, traceIdOf } from "./context/trace-context.ts";
export {
  AccountNotActive,
  AgeAssuranceRequired,
  BodyTooLarge,
  ClientKeyRefused,
  DeadlineExceeded,
  Forbidden,
  HeadersTooLarge,
  MethodNotAllowed,
  NotFound,
  Overloaded,
  RateLimited,
  Unauthenticated,
  Unavailable,
  UnsupportedMediaType,
  ValidationFailed,
} from "./errors/kit-errors.ts";
export { PublicError } from "./errors/public-error.ts";
export { type ProblemResponse, toProblem } from "./errors/to-problem.ts";
export { createHttpApp, type StaffUse } from "./http/app.ts";
export { type App, createAppShell } from "./http/app-shell.ts";
export { bareAnswerHeaders, securityHeaders } from "./http/security-headers.ts";
export { isSampled } from "./http/access-log.ts";
export { authenticate, authenticateClient, notActive } from "./http/authentication.ts";
export { ownUrlOf } from "./http/own-url.ts";
export { publishDocument } from "./http/openapi.ts";
export { cursorOf, idOf, pageOf } from "./http/cursor.ts";
export { isDeeperThan, maxBodyDepth } from "./http/json-body.ts";
export { pageAnswer } from "./http/route-rules.ts";
export { unboundedPlaces } from "./http/schema-bounds.ts";
export { validationFailed } from "./http/validation.ts";
export { type CheckResult, Health, type HealthReport } from "./lifecycle/health.ts";
export { launch, type Running } from "./lifecycle/launch.ts";
export { type Component, createLifecycle, type Lifecycle } from "./lifecycle/lifecycle.ts";
export { createPoller, type Poller, type PollerOptions } from "./lifecycle/poller.ts";
export { createParts, type Parts, type ProcessConfig } from "./lifecycle/parts.ts";
export { runService } from "./lifecycle/run-service.ts";
export { createLogger, type Logger } from "./logging/logger.ts";
export { Html, markup } from "./pages/html.ts";
export {
  directionOf,
  type Language,
  languages,
  type Reader,
  readerOf,
  readerOfHeader,
} from "./pages/languages.ts";
export { renderPage } from "./pages/page-layout.ts";
export { readerOfRequest, sendPage } from "./pages/send-page.ts";
export { createRedis } from "./redis/create-redis.ts";
export {
  type Breaker,
  type BreakerOptions,
  createBreaker,
  isCallersAffair,
  withinDeadline,
} from "./resilience/breaker.ts";
export { retry, type RetryOptions } from "./resilience/retry.ts";
export { TimeoutError, withTimeout } from "./resilience/with-timeout.ts";
export { inSpan } from "./telemetry/in-span.ts";
export { networkOf, plainAddress } from "./net/network-of.ts";
export { readBounded } from "./net/read-bounded.ts";
export { lengthOf, normaliseText } from "./text/normalise-text.ts";
export { type ClientKeys, createClientKeys, type RegisteredClient } from "./tokens/client-keys.ts";
export { createRevocations, type Revocation, type Revocations } from "./tokens/revocations.ts";
export { ageOf, type Day, dayOf } from "./time/age-of.ts";
export { signatureFault, signBody } from "./tokens/signed-body.ts";
export { createTokenSigner, type TokenSigner } from "./tokens/token-signer.ts";
export { createTokenVerifier, type TokenVerifier } from "./tokens/token-verifier.ts";
/** For metrics of a service's own, registered with `parts.metrics`. */
export { Counter, Gauge, Histogram } from "prom-client";

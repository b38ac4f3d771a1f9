import { DeadlineExceeded, Unavailable } from "@kismet/service-kit";
import { test } from "tap";
import { asPublicFailure, decideRetry, type Failure } from "./failures.ts";

function failed(code: string, syscall = ""): Error {
  return Object.assign(new Error(code), { code, syscall });
}

const base: Failure = {
  error: failed("ECONNREFUSED"),
  attempt: 0,
  replayable: true,
  idempotent: false,
  restarting: true,
  remainingMs: 2_000,
};
const retries = (change: Partial<Failure>) => decideRetry({ ...base, ...change }, () => 0.5) !== null;

test("A25 what was never sent may be sent again, what was cut off only if it is idempotent", async (t) => {
  t.ok(retries({}), "refused");
  t.ok(retries({ error: failed("ECONNRESET", "connect") }), "reset while connecting");
  t.notOk(retries({ error: failed("ECONNRESET", "read") }), "cut off, not idempotent");
  t.notOk(retries({ error: failed("UND_ERR_SOCKET") }), "closed, not idempotent");
  t.ok(retries({ error: failed("UND_ERR_SOCKET"), idempotent: true }), "closed, idempotent");
  t.notOk(retries({ error: failed("UND_ERR_HEADERS_TIMEOUT"), idempotent: true }), "too slow");
  t.notOk(retries({ replayable: false }), "a stream is gone");
});

test("A25 retries are bounded by number, by the deadline, and by how long the upstream has been away", async (t) => {
  t.notOk(retries({ attempt: 19 }));
  t.notOk(retries({ attempt: 5, remainingMs: 50 }));
  t.ok(retries({ restarting: false }), "another instance is tried at once");
  t.notOk(retries({ restarting: false, attempt: 3 }));
  t.ok(retries({ error: new Unavailable() }), "a breaker that opened a moment ago is waited for");
  t.notOk(retries({ error: new Unavailable(), restarting: false }), "one that stays open is not");
  const waits = [1, 5].map((attempt) => decideRetry({ ...base, attempt }, () => 1) ?? 0);
  t.same(waits, [80, 400], "waits grow up to a bound");
});

test("what no upstream answered is 503, or 504 if it was too slow", async (t) => {
  const wrapped = (cause: unknown) => new Error("wrapped", { cause });
  t.match(asPublicFailure(wrapped(failed("ECONNREFUSED"))), {
    code: "UNAVAILABLE",
    status: 503,
    retryAfterSeconds: 1,
  });
  t.match(asPublicFailure(wrapped(failed("UND_ERR_HEADERS_TIMEOUT"))), {
    code: "DEADLINE_EXCEEDED",
    status: 504,
  });
  t.match(asPublicFailure(wrapped(new DeadlineExceeded())), { code: "DEADLINE_EXCEEDED", status: 504 });
});

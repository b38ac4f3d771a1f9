import { test } from "tap";
import { StartFailure } from "./start-failure.ts";

const ended = new Error("chat ended while starting (exit code 1)\n  {...}");

function told(...lines: object[]): string {
  const failure = new StartFailure("chat");
  for (const line of lines) failure.read(JSON.stringify(line));
  return failure.explain(ended).message;
}

test("A28 a service that can't start says why in one sentence, and where its settings come from", async (t) => {
  const err = { type: "ConfigurationError", message: "The configuration has faults:\n  KISMET_X is missing" };
  t.match(
    told({ level: "info", message: "serving" }, { level: "fatal", message: "could not start", err }),
    /^chat could not start: The configuration has faults:\n {2}KISMET_X is missing\n.*service-environment\.ts/,
  );
  const refused = { type: "RouteRefused", message: "GET /v1/x does not register" };
  t.equal(
    told(
      { level: "fatal", message: "could not start", err: refused },
      { level: "fatal", message: "and again" },
    ),
    "chat could not start: GET /v1/x does not register",
    "the first cause is the one",
  );
  t.equal(told({ level: "error", message: "noise" }), ended.message, "else what is known");
});

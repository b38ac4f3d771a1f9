import type { Problem } from "@kismet/contracts";
import type { TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";

export const header = {
  messageId: "Nats-Msg-Id",
  requestId: "x-request-id",
  traceparent: "traceparent",
  aggregateId: "x-aggregate-id",
  occurredAt: "x-occurred-at",
  position: "x-position",
  cause: "x-cause",
} as const;

const validators = new WeakMap<TSchema, Validator>();
const maxReported = 10;

/** Compiled once a schema. */
export function validatorOf(schema: TSchema): Validator {
  let validator = validators.get(schema);
  if (!validator) {
    validator = Compile(schema) as Validator;
    validators.set(schema, validator);
  }
  return validator;
}

/** What is wrong with a value; nothing if it is as it should be. Paths and rules only, never the value. */
export function faultsOf(schema: TSchema, value: unknown): NonNullable<Problem["errors"]> {
  const validator = validatorOf(schema);
  if (validator.Check(value)) return [];
  return validator
    .Errors(value)
    .slice(0, maxReported)
    .map(({ instancePath, message }) => ({
      path: instancePath.slice(0, 500),
      message: message.slice(0, 500),
    }));
}

/** For what our own code made: a fault is a bug. */
export function assertValid(schema: TSchema, value: unknown, what: string): void {
  const faults = faultsOf(schema, value);
  if (faults.length === 0) return;
  const list = faults.map(({ path, message }) => `${path || "/"} ${message}`).join("; ");
  throw new Error(`${what} does not fit its schema: ${list}`);
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import type { Static, TObject, TSchema } from "typebox";
import { Value } from "typebox/value";
import { faultOf } from "../errors/schema-fault.ts";
import { type SecretOptions, weaknessOf } from "./secret.ts";

const prefix = "KISMET_";
/** Read by the test set-up and the launcher, not by services. */
const foreignPrefixes = ["KISMET_TEST_", "KISMET_DEV_"];
const minUrlPasswordLength = 12;

type Fault = { variable: string; problem: string };

/** Names every fault of the configuration at once, and no value: it may be a secret. */
export class ConfigurationError extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(`The configuration has faults:\n${faults.map((f) => `  ${f.variable} ${f.problem}`).join("\n")}`);
    this.name = "ConfigurationError";
    this.faults = faults;
  }
}

/** Reads `databaseUrl` from `KISMET_DATABASE_URL`, and so on for each key of the schema. */
export function loadConfig<S extends TObject>(
  schema: S,
  env: Readonly<Record<string, string | undefined>>,
): Static<S> {
  const faults: Fault[] = [];
  const config: Record<string, unknown> = {};
  const known = new Set<string>();
  for (const [key, property] of Object.entries(schema.properties)) {
    const variable = variableOf(key);
    known.add(variable);
    const result = readVariable(property, env[variable], isRequired(schema, key));
    if ("problem" in result) faults.push({ variable, problem: result.problem });
    else if (result.value !== undefined) config[key] = result.value;
  }
  for (const variable of Object.keys(env)) {
    const isForeign = foreignPrefixes.some((other) => variable.startsWith(other));
    if (variable.startsWith(prefix) && !known.has(variable) && !isForeign) {
      faults.push({ variable, problem: "is unknown" });
    }
  }
  if (config["env"] === "production") faults.push(...weakSecrets(schema, config));
  if (faults.length > 0) throw new ConfigurationError(faults);
  return config as Static<S>;
}

export function variableOf(key: string): string {
  return prefix + key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function readVariable(
  schema: TSchema,
  text: string | undefined,
  required: boolean,
): { value: unknown } | { problem: string } {
  if (text === undefined || text === "") {
    const fallback = (schema as { default?: unknown }).default;
    if (fallback !== undefined) return { value: fallback };
    return required ? { problem: "is missing" } : { value: undefined };
  }
  const value = convert(schema, text);
  const { protocols } = schema as SecretOptions;
  if (protocols && !protocols.includes(URL.parse(text)?.protocol ?? "")) {
    return { problem: `must be an address beginning with ${protocols.join(" or ")}//` };
  }
  const [error] = Value.Errors(schema, value);
  return error ? { problem: faultOf(error) } : { value };
}

/** Lists are comma separated. What can't be converted is left as text, for the schema to refuse. */
function convert(schema: TSchema, text: string): unknown {
  const { type, items } = schema as { type?: string; items?: TSchema };
  if (type === "integer" || type === "number") return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (type === "boolean") return text === "true" ? true : text === "false" ? false : text;
  if (type === "array" && items) return text.split(",").map((item) => convert(items, item.trim()));
  return text;
}

function isRequired(schema: TObject, key: string): boolean {
  return (schema.required as string[] | undefined)?.includes(key) ?? false;
}

function weakSecrets(schema: TObject, config: Record<string, unknown>): Fault[] {
  const faults: Fault[] = [];
  for (const [key, property] of Object.entries(schema.properties)) {
    const { items } = property as { items?: TSchema };
    const options = (items ?? property) as SecretOptions;
    for (const value of [config[key]].flat()) {
      if (typeof value !== "string") continue;
      const weakness = options.secret
        ? weaknessOf(value)
        : options.protocols
          ? weakPassword(value)
          : undefined;
      if (weakness) faults.push({ variable: variableOf(key), problem: weakness });
    }
  }
  return faults;
}

function weakPassword(url: string): string | undefined {
  const password = decodeURIComponent(URL.parse(url)?.password ?? "");
  if (password === "") return "has no password";
  if (password.length < minUrlPasswordLength) return "has a password that is too short";
  const weakness = weaknessOf(password);
  return weakness ? `has a password that ${weakness}` : undefined;
}

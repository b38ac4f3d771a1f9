import { test } from "tap";
import { Type } from "typebox";
import { ConfigurationError, loadConfig } from "./load-config.ts";
import { secret } from "./secret.ts";
import { DatabaseSettings, ProcessSettings } from "./settings.ts";

const Config = Type.Object({
  ...ProcessSettings,
  ...DatabaseSettings,
  pepper: secret({ description: "of password hashes" }),
  corsOrigins: Type.Array(Type.String({ minLength: 8, maxLength: 100 }), { maxItems: 4, default: [] }),
  isOpen: Type.Optional(Type.Boolean()),
});

const good = {
  KISMET_ENV: "production",
  KISMET_PORT: "8080",
  KISMET_OPS_PORT: "9080",
  KISMET_DATABASE_URL: "postgres://kismet_auth:pK8vW2nRq7ZtYc4m@db.internal:5432/kismet",
  KISMET_PEPPER: "hT7wQ2zXkM9vLpR4nB8sJ6dG1fY3cV5a",
};

function faultsOf(changes: Record<string, string | undefined>): string[] {
  try {
    loadConfig(Config, { ...good, ...changes });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.faults.map(({ variable, problem }) => `${variable} ${problem}`);
  }
}

test("A28 a complete configuration is read, converted and completed", async (t) => {
  const config = loadConfig(Config, {
    ...good,
    KISMET_CORS_ORIGINS: "https://a.example, https://b.example",
    KISMET_IS_OPEN: "true",
    PATH: "/bin",
  });
  t.match(config, {
    env: "production",
    port: 8080,
    databasePoolSize: 10,
    corsOrigins: ["https://a.example", "https://b.example"],
    isOpen: true,
    pepper: good.KISMET_PEPPER,
  });
});

test("A28 each fault is named, and no fault slips through (proof 9)", async (t) => {
  const table: [string, Record<string, string | undefined>, RegExp][] = [
    ["missing", { KISMET_DATABASE_URL: undefined }, /^KISMET_DATABASE_URL is missing$/],
    ["empty", { KISMET_PEPPER: "" }, /^KISMET_PEPPER is missing$/],
    ["not a number", { KISMET_PORT: "80a" }, /^KISMET_PORT must be integer$/],
    ["a fraction", { KISMET_PORT: "80.5" }, /^KISMET_PORT must be integer$/],
    ["out of range", { KISMET_PORT: "70000" }, /^KISMET_PORT must be <= 65535$/],
    [
      "not one of the choices",
      { KISMET_ENV: "prod" },
      /^KISMET_ENV must be one of development, test, production$/,
    ],
    [
      "another protocol",
      { KISMET_DATABASE_URL: "http://u:p@h/d" },
      /^KISMET_DATABASE_URL must be an address/,
    ],
    ["no address at all", { KISMET_DATABASE_URL: "db" }, /^KISMET_DATABASE_URL must be an address/],
    ["unknown", { KISMET_DATABSE_URL: "x" }, /^KISMET_DATABSE_URL is unknown$/],
    ["not a boolean", { KISMET_IS_OPEN: "yes" }, /^KISMET_IS_OPEN must be boolean$/],
    [
      "a bad item in a list",
      { KISMET_CORS_ORIGINS: "https://a.example,x" },
      /^KISMET_CORS_ORIGINS must not have fewer/,
    ],
  ];
  for (const [name, changes, expected] of table) {
    const faults = faultsOf(changes);
    t.equal(faults.length, 1, name);
    t.match(faults[0] ?? "", expected, name);
  }
});

test("A28 all faults are told at once", async (t) => {
  t.equal(
    faultsOf({ KISMET_PORT: "x", KISMET_ENV: "", KISMET_OTHER: "1", KISMET_DATABASE_URL: "" }).length,
    4,
  );
});

test("A10 production does not start on a placeholder, short, simple or development secret (proof 9)", async (t) => {
  const table: [string, Record<string, string>, RegExp][] = [
    ["placeholder", { KISMET_PEPPER: "change-me-change-me-change-me-change-me" }, /PEPPER is a placeholder/],
    ["development", { KISMET_PEPPER: "development-only-pepper-of-auth-x" }, /PEPPER is a development value/],
    [
      "long development",
      { KISMET_PEPPER: "development-J7vQ2kXw9ZrTb4LmN8cHs6YdGf3PaE5uKiR1oWxVyAt" },
      /PEPPER is a development value/,
    ],
    ["short", { KISMET_PEPPER: "hT7wQ2zXkM9v" }, /PEPPER must not have fewer than 32/],
    ["simple", { KISMET_PEPPER: "abababababababababababababababab" }, /PEPPER is too simple/],
    ["no password", { KISMET_DATABASE_URL: "postgres://kismet@db/kismet" }, /DATABASE_URL has no password/],
    [
      "short password",
      { KISMET_DATABASE_URL: "postgres://kismet:kZ7w@db/kismet" },
      /DATABASE_URL has a password that is too short/,
    ],
    [
      "development password",
      { KISMET_DATABASE_URL: "postgres://k:development-auth@db/k" },
      /DATABASE_URL has a password that is a development value/,
    ],
  ];
  for (const [name, changes, expected] of table) {
    t.match(faultsOf(changes).join("\n"), expected, name);
    const [[variable = "", value = ""] = []] = Object.entries(changes);
    t.notMatch(faultsOf({ [variable]: value }).join("\n"), value, `${name}: the value is not printed`);
  }
  const development = { KISMET_ENV: "development", KISMET_PEPPER: "development-only-pepper-of-auth-x" };
  t.same(faultsOf(development), [], "which are good enough for development");
});

test("production holds each secret of a list to what one alone is held to", (t) => {
  const schema = Type.Object({
    env: Type.Enum(["test", "production"]),
    old: Type.Array(secret(), { maxItems: 4, default: [] }),
  });
  const load = (env: string, ...secrets: string[]) =>
    loadConfig(schema, { KISMET_ENV: env, KISMET_OLD: secrets.join(",") });
  const good = "w5Jc8Np2Qk6Tz1Rf9Xd4Vb7Gm3Ls0Hya";
  t.same(load("production", good, good).old, [good, good]);
  t.throws(
    () => load("production", good, "development-audit-of-a-laptop-of-somebody"),
    /KISMET_OLD is a development/,
  );
  t.doesNotThrow(() => load("test", "development-audit-of-a-laptop-of-somebody"));
  t.end();
});

import { readFileSync } from "node:fs";
import spectral, { type RulesetDefinition } from "@stoplight/spectral-core";
import owasp from "@stoplight/spectral-owasp-ruleset";
import rulesets from "@stoplight/spectral-rulesets";
import { root } from "./run-command.ts";

type Waiver = { rule: string; where: RegExp; reason: string };

/** What the rules ask for and the document doesn't do. One that nothing needs any more is a fault too. */
const waivers: readonly Waiver[] = [
  {
    rule: "owasp:api2:2023-write-restricted",
    where: /^paths\.\/(v1\/)?auth\//,
    reason:
      "credentials are asked for, and brought, by whoever has none yet; the limit `credential` holds them",
  },
  {
    rule: "owasp:api2:2023-write-restricted",
    where: /^paths\.\/v1\/billing\/(sandbox|webhooks)\//,
    reason:
      "a provider proves itself by its signature; the sandbox's page by its address, and never in production",
  },
  {
    rule: "owasp:api2:2023-read-restricted",
    where: /^paths\.\/(\.well-known|auth|v1\/auth|v1\/billing\/(catalogue|sandbox))/,
    reason: "public keys, public prices, and what whoever has no session must be able to read",
  },
  {
    rule: "owasp:api2:2023-no-credentials-in-url",
    where: /^paths\.\/v1\/billing\/sandbox\//,
    reason:
      "it plays a provider's own page, whose address is all that such pages go by, and is not there in production",
  },
  {
    rule: "owasp:api2:2023-no-credentials-in-url",
    where: /^paths\.\/auth\//,
    reason: "a link in a mail has nowhere else; it is good once and briefly, and opening it does nothing",
  },
  {
    rule: "owasp:api2:2023-no-credentials-in-url",
    where: /^paths\.\/v1\/auth\/oidc\/\{provider\}\/callback\./,
    reason: "what a provider appends is the provider's to choose; it is not read from the address",
  },
  {
    rule: "owasp:api4:2023-string-restricted",
    where: /./,
    reason: "what people write has no pattern; it is bounded by maxLength and normalised in one place (A20)",
  },
  {
    rule: "operation-success-response",
    where: /^paths\.\/v1\/chat\/socket\./,
    reason: "an upgrade succeeds with 101",
  },
];

const warning = 1;

/** What Spectral finds in the OpenAPI document by its own rules and OWASP's, at error or warning level. */
export async function checkOpenApi(
  document: object = readGenerated(),
  excused: readonly Waiver[] = waivers,
): Promise<string[]> {
  const linter = new spectral.Spectral();
  linter.setRuleset({
    extends: [
      [rulesets.oas as RulesetDefinition, "recommended"],
      // Its types are of its other build, in which the rules are one level deeper.
      [owasp as unknown as RulesetDefinition, "all"],
    ],
  });
  const used = new Set<Waiver>();
  const found = (await linter.run(document as Record<string, unknown>))
    .filter(({ severity }) => severity <= warning)
    .map(({ code, path, message }) => ({ rule: String(code), where: path.join("."), message }))
    .filter(({ rule, where }) => {
      const waiver = excused.find((each) => each.rule === rule && each.where.test(where));
      if (waiver) used.add(waiver);
      return !waiver;
    });
  return [
    ...found.map(({ rule, where, message }) => `${rule} at ${where}: ${message}`),
    ...excused
      .filter((waiver) => !used.has(waiver))
      .map(({ rule, where }) => `nothing needs the waiver of ${rule} at ${where}`),
  ];
}

function readGenerated(): object {
  return JSON.parse(readFileSync(`${root}/services/gateway/src/generated/openapi.json`, "utf8")) as object;
}

import { readFileSync } from "node:fs";
import spectral, { type RulesetDefinition } from "@stoplight/spectral-core";
import owasp from "@stoplight/spectral-owasp-ruleset";
import rulesets from "@stoplight/spectral-rulesets";
import { root } from "./run-command.ts";

/** `where`: how the place of a finding begins, or what it looks like. */
type Waiver = { rule: string; where: string | RegExp; reason: string };

/** One for each operation, so that another one of the same folder is not excused too. */
function waive(rule: string, reason: string, operations: readonly string[]): Waiver[] {
  return operations.map((operation) => {
    const [method = "", path = ""] = operation.split(" ");
    return { rule, reason, where: `paths.${path}.${method.toLowerCase()}.` };
  });
}

const writeRestricted = "owasp:api2:2023-write-restricted";
const readRestricted = "owasp:api2:2023-read-restricted";
const credentialsInUrl = "owasp:api2:2023-no-credentials-in-url";
const stringRestricted = "owasp:api4:2023-string-restricted";

/** Fields of requests that have no pattern. A new one has one, or is named here. */
const freeText = [
  ...["firstName", "bio", "job", "school", "answer", "text", "note", "name"],
  ...["statement", "comment", "reason"],
];
const credentials = ["password", "currentPassword", "newPassword", "token", "refreshToken", "code"];
const chosenByOthers = ["iss", "ref", "returnTo", "subscription", "transports.items"];

const fieldOfRequest = (names: readonly string[]) =>
  new RegExp(`\\.requestBody\\..*\\.properties\\.(${names.join("|")})(\\.anyOf\\.\\d+)?$`);

/** Which the links of mails open. */
const pagesOfMails = [
  "/auth/archive",
  "/auth/verify-email",
  "/auth/confirm-email",
  "/auth/reset-password",
  "/auth/restore-account",
  "/auth/undo-email-change",
];
const shown = pagesOfMails.map((path) => `GET ${path}`);
const sent = pagesOfMails.map((path) => `POST ${path}`);

/** What the rules ask for and the document doesn't do. One that nothing needs any more is a fault too. */
const waivers: readonly Waiver[] = [
  ...waive(
    writeRestricted,
    "credentials are asked for, and brought, by whoever has none yet; the limit `credential` holds them",
    [
      "POST /v1/auth/signup",
      "POST /v1/auth/verify-email",
      "POST /v1/auth/verify-email/resend",
      "POST /v1/auth/login",
      "POST /v1/auth/challenge",
      "POST /v1/auth/challenge/resend",
      "POST /v1/auth/code/request",
      "POST /v1/auth/refresh",
      "POST /v1/auth/password/forgot",
      "POST /v1/auth/password/reset",
      "POST /v1/auth/passkeys/sign-in",
      "POST /v1/auth/passkeys/sign-in/options",
      "POST /v1/auth/oidc/{provider}/start",
      "POST /v1/auth/oidc/{provider}/callback",
      "POST /v1/auth/oidc/{provider}/finish",
      "POST /v1/auth/oidc/sign-up",
      "POST /v1/auth/oidc/sign-up/verify",
    ],
  ),
  ...waive(writeRestricted, "a page of a mail, whose link is the credential", sent),
  ...waive(
    writeRestricted,
    "a provider proves itself by its signature; a sandbox's page by its address, and never in production",
    [
      "POST /v1/auth/age/results",
      "POST /v1/auth/age/sandbox/checks",
      "POST /auth/age/sandbox",
      "POST /v1/billing/webhooks/sandbox",
      "POST /v1/billing/sandbox/checkouts/{token}/pay",
    ],
  ),
  ...waive(
    readRestricted,
    "public keys, public prices, and what whoever has no session must be able to read",
    [
      "GET /.well-known/jwks.json",
      "GET /v1/billing/catalogue",
      "GET /v1/auth/oidc",
      "GET /v1/auth/oidc/{provider}/callback",
    ],
  ),
  ...waive(readRestricted, "its cookie speaks for it", ["GET /v1/auth/csrf"]),
  ...waive(readRestricted, "a page: it shows a form, and does nothing", [
    ...shown,
    "GET /auth/passkeys",
    "GET /auth/passkeys/page.js",
    "GET /auth/age/done",
  ]),
  ...waive(readRestricted, "a provider's own page, whose address is all that such pages go by", [
    "GET /auth/age/sandbox",
    "GET /v1/billing/sandbox/checkouts/{token}",
  ]),
  ...waive(
    credentialsInUrl,
    "it plays a provider's own page, whose address is all that such pages go by, and is not there in production",
    ["GET /v1/billing/sandbox/checkouts/{token}", "POST /v1/billing/sandbox/checkouts/{token}/pay"],
  ),
  ...waive(
    credentialsInUrl,
    "a link in a mail has nowhere else; it is good once and briefly, and opening it does nothing",
    shown,
  ),
  ...waive(
    credentialsInUrl,
    "what a provider appends is the provider's to choose; it is not read from there",
    ["GET /v1/auth/oidc/{provider}/callback"],
  ),
  ...waive(stringRestricted, "what a provider appends is the provider's to choose", [
    "GET /v1/auth/oidc/{provider}/callback",
    "POST /v1/auth/oidc/{provider}/callback",
  ]),
  ...waive(stringRestricted, "what a provider is told by auth, and by nobody else", [
    "POST /v1/auth/age/sandbox/checks",
  ]),
  {
    rule: stringRestricted,
    where: fieldOfRequest(freeText),
    reason: "what people write has no pattern; it is bounded by maxLength and normalised in one place (A20)",
  },
  {
    rule: stringRestricted,
    where: fieldOfRequest(credentials),
    reason: "a password has no pattern, and what else is right or wrong as a whole needs none",
  },
  {
    rule: stringRestricted,
    where: fieldOfRequest(chosenByOthers),
    reason: "others choose what it looks like: providers, authenticators, whoever configured the service",
  },
  {
    rule: stringRestricted,
    where: /^components\.|\.responses\./,
    reason: "what is answered is ours; the rule is there for what is taken in",
  },
  ...waive("operation-success-response", "an upgrade succeeds with 101", ["GET /v1/chat/socket"]),
];

const warning = 1;

/** What Spectral finds in the OpenAPI document by its own rules and OWASP's, at error or warning level. */
export async function checkOpenApi(
  document: object = readGeneratedDocument(),
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
      const waiver = excused.find((each) => each.rule === rule && isAt(each, where));
      if (waiver) used.add(waiver);
      return !waiver;
    });
  return [
    ...found.map(({ rule, where, message }) => `${rule} at ${where}: ${message}`),
    ...excused
      .filter((waiver) => !used.has(waiver))
      .map(({ rule, where }) => `nothing needs the waiver of ${rule} at ${String(where)}`),
  ];
}

const isAt = ({ where }: Waiver, place: string) =>
  typeof where === "string" ? place.startsWith(where) : where.test(place);

export function readGeneratedDocument(): object {
  return JSON.parse(readFileSync(`${root}/services/gateway/src/generated/openapi.json`, "utf8")) as object;
}

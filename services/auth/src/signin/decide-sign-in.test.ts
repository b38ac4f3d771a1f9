import type { FirstProof } from "@kismet/contracts";
import { test } from "tap";
import { decideSignIn, type Familiarity, isFamiliar, type SignInFacts } from "./decide-sign-in.ts";

const home: Familiarity = { hasHistory: true, deviceKnown: true, networkKnown: true, countryKnown: true };
const abroad: Familiarity = { ...home, networkKnown: false, countryKnown: false };
const nowhere: Familiarity = { ...abroad, deviceKnown: false };

test("what is familiar: device and country, or network; and the very first time", (t) => {
  const table: [string, Partial<Familiarity>, boolean][] = [
    ["all known", {}, true],
    ["a known device at another network of the country", { networkKnown: false }, true],
    ["another device at the member's network", { deviceKnown: false }, true],
    ["a known device in another country", { networkKnown: false, countryKnown: false }, false],
    ["another device, another network", { deviceKnown: false, networkKnown: false }, false],
    ["nothing", { deviceKnown: false, networkKnown: false, countryKnown: false }, false],
    ["nothing, and never before", { ...nowhere, hasHistory: false }, true],
  ];
  for (const [what, change, expected] of table) t.equal(isFamiliar({ ...home, ...change }), expected, what);
  t.end();
});

test("what is asked for before a session opens, by first proof", (t) => {
  const ask = (method: FirstProof, change: Partial<SignInFacts> = {}) =>
    decideSignIn({
      method,
      hasTotp: false,
      recoveryCodesLeft: 0,
      familiarity: home,
      ...change,
    });
  const second: Partial<SignInFacts> = { hasTotp: true, recoveryCodesLeft: 3 };
  t.same(ask("password"), []);
  t.same(ask("password", { familiarity: nowhere }), ["email_code"]);
  t.same(ask("password", { familiarity: abroad }), ["email_code"]);
  for (const method of ["email_code", "oidc"] as const)
    t.same(ask(method, { familiarity: nowhere }), [], `${method} proves no less than a code by mail`);
  for (const method of ["password", "email_code", "oidc"] as const)
    for (const familiarity of [home, nowhere])
      t.same(ask(method, { ...second, familiarity }), ["totp", "recovery_code"], method);
  t.same(ask("password", { hasTotp: true }), ["totp"], "without codes left they are not offered");
  t.same(ask("passkey", { ...second, familiarity: nowhere }), [], "a passkey is both factors");
  t.end();
});

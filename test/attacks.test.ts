import { spawnSystem } from "@kismet/testing";
import { noBrowser } from "@kismet/testing/browser";
import { startOidcProvider } from "@kismet/testing/oidc";
import t from "tap";
import { attackAcrossSites, ourOrigin } from "./attacks/cross-site.ts";
import { attackWithTokens } from "./attacks/forged-tokens.ts";
import { attackOthersObjects } from "./attacks/others-objects.ts";
import { attackABrowser, startPage } from "./attacks/real-browser.ts";
import { searchForSecrets } from "./attacks/secrets-at-rest.ts";
import { attackUnverified } from "./attacks/unverified.ts";
import { signUp } from "./sign-up.ts";

t.setTimeout(180_000);

const [ours, theirs, provider] = await Promise.all([startPage(t), startPage(t), startOidcProvider(t)]);
const system = await spawnSystem(t, {
  auth: "real",
  oidcIssuer: provider.issuer,
  settings: { ...provider.options.settings, gateway: { corsOrigins: `${ourOrigin},${ours}` } },
});
provider.serve(system.url);
const accounts = await Promise.all(Array.from({ length: 4 }, () => signUp(system)));
const [first] = accounts;
if (!first) throw new Error("nobody has signed up");

await t.test("A18 forged requests by cookie, route by route", (t) => attackAcrossSites(t, system, accounts));

await t.test("A02 A10 tokens that are not good, at every place that takes tokens", (t) =>
  attackWithTokens(t, system, first.session),
);

await t.test(
  "A18 a real browser keeps the cookie to itself, and a page of the same site gets nothing of it",
  { skip: noBrowser },
  (t) => attackABrowser(t, { system, ours, theirs, account: first }),
);

await t.test("A14 every route that takes an id, by everybody whose it isn't", (t) =>
  attackOthersObjects(t, system),
);

await t.test("A14 before an address is verified, nothing that touches other members is open", (t) =>
  attackUnverified(t, system, first.session.accessToken),
);

await t.test("A17 A10 all that is stored, searched for all that opens something", (t) =>
  searchForSecrets(t, system),
);

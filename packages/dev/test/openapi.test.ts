import { test } from "tap";
import { checkOpenApi } from "../src/check/openapi.ts";

const operation = {
  operationId: "getThings",
  description: "Things",
  tags: ["auth"],
  security: [],
  responses: { "200": { description: "Done" } },
};
const document = {
  openapi: "3.1.0",
  info: { title: "Planted", version: "1", description: "Planted", contact: { name: "us" } },
  servers: [{ url: "/", description: "production", "x-internal": false }],
  tags: [{ name: "auth", description: "Auth" }],
  paths: { "/v1/auth/things/{id}": { post: operation } },
};

test("A05 what is planted into a document is found, by both sets of rules", async (t) => {
  const found = (await checkOpenApi(document, [])).join("\n");
  for (const rule of [
    "path-params",
    "owasp:api2:2023-write-restricted",
    "owasp:api4:2023-rate-limit-responses-429",
  ])
    t.match(found, rule);
});

test("A05 a waiver excuses its rule where it says, and is a fault where nothing needs it", async (t) => {
  const rule = "owasp:api2:2023-write-restricted";
  const waive = (where: RegExp) => checkOpenApi(document, [{ rule, where, reason: "planted" }]);
  t.notMatch((await waive(/auth/)).join("\n"), rule);
  const elsewhere = (await waive(/billing/)).join("\n");
  t.match(elsewhere, `${rule} at paths`);
  t.match(elsewhere, `nothing needs the waiver of ${rule}`);
});

import { test } from "tap";
import { checkOpenApi, readGeneratedDocument } from "../src/check/openapi.ts";

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

type Operation = { security?: object[]; requestBody: { content: Record<string, { schema: object }> } };
type Document = { paths: Record<string, Record<string, Operation>> };

test("A05 A14 what is declared public by mistake is found, beside whatever is excused", async (t) => {
  const { paths, ...rest } = readGeneratedDocument() as Document;
  const some = ["/v1/auth/login", "/v1/auth/me", "/v1/auth/sessions", "/v1/auth/passkeys", "/v1/swipes"];
  const planted = { ...rest, paths: Object.fromEntries(some.map((path) => [path, paths[path] ?? {}])) };
  const at = (path: string, method: string): Operation => {
    const found = planted.paths[path]?.[method];
    if (!found) throw new Error(`there is no ${method} ${path}`);
    return found;
  };
  at("/v1/auth/me", "delete").security = [];
  at("/v1/auth/sessions", "get").security = [];
  at("/v1/auth/passkeys", "post").security = [];
  const properties = { nickname: { type: "string", maxLength: 20 } };
  at("/v1/swipes", "post").requestBody.content["application/json"] = {
    schema: { type: "object", additionalProperties: false, properties },
  };
  const found = (await checkOpenApi(planted)).filter((each) => !each.startsWith("nothing needs"));
  t.same(found.map((each) => each.split(": ").slice(0, -1).join(": ")).sort(), [
    "owasp:api2:2023-read-restricted at paths./v1/auth/sessions.get.security",
    "owasp:api2:2023-write-restricted at paths./v1/auth/me.delete.security",
    "owasp:api2:2023-write-restricted at paths./v1/auth/passkeys.post.security",
    "owasp:api4:2023-string-restricted at " +
      "paths./v1/swipes.post.requestBody.content.application/json.schema.properties.nickname",
  ]);
});

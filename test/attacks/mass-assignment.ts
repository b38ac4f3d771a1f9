import type { System } from "@kismet/testing";
import fc from "fast-check";
import type { Test } from "tap";
import type { SystemMember } from "../member.ts";
import { type Schema, valid } from "./from-schema.ts";
import { operations } from "./openapi-document.ts";

/** What nobody may say of themselves; written as JSON, since some of it can't be a property of an object here. */
const planted: Record<string, string> = {
  role: '"admin"',
  roles: '["admin"]',
  status: '"active"',
  emailVerified: "true",
  verified: "true",
  tier: '"gold"',
  features: '{"seesLikes":true}',
  memberId: '"00000000-0000-7000-8000-000000000001"',
  accountId: '"00000000-0000-7000-8000-000000000001"',
  id: '"00000000-0000-7000-8000-000000000001"',
  createdAt: '"2020-01-01T00:00:00Z"',
  amount: "0",
  price: "0",
  isAdmin: "true",
  __proto__: '{"roles":["admin"]}',
  constructor: '{"prototype":{"roles":["admin"]}}',
};
const names = Object.getOwnPropertyNames(planted).concat("__proto__");

/** The body with one more field, in the text: first, so that a parser which takes the last of two has been fed too. */
function withField(body: object, name: string): string {
  const value = name === "__proto__" ? '{"roles":["admin"]}' : (planted[name] ?? "1");
  const text = JSON.stringify(body);
  return text === "{}" ? `{"${name}":${value}}` : `{"${name}":${value},${text.slice(1)}`;
}

/** Bodies in which the field stands: at the top, and in each object inside. */
function planting(body: Record<string, unknown>, name: string): string[] {
  const inside = Object.entries(body)
    .filter(([, value]) => typeof value === "object" && value !== null && !Array.isArray(value))
    .map(([key, value]) => {
      const { [key]: _, ...rest } = body;
      const start = JSON.stringify(rest).slice(0, -1);
      return `${start}${start === "{" ? "" : ","}${JSON.stringify(key)}:${withField(value as object, name)}}`;
    });
  return [withField(body, name), ...inside];
}

function knows(schema: Schema, name: string): boolean {
  const options = schema.anyOf ?? schema.oneOf ?? [];
  if (options.some((option) => knows(option, name))) return true;
  const properties = schema.properties ?? {};
  return Object.hasOwn(properties, name) || Object.values(properties).some((inner) => knows(inner, name));
}

/** All that is kept of a member where it decides something. */
async function standing({ world }: System, memberId: string): Promise<object[]> {
  const tables = ["auth.accounts", "billing.entitlements", "profile.profiles", "matching.candidates"];
  const found = await Promise.all(
    tables.map(async (table) => {
      const [exists] = await world.sql<{ there: boolean }>("SELECT to_regclass($1) IS NOT NULL AS there", [
        table,
      ]);
      if (!exists?.there) return [];
      return world.sql<{ row: string }>(
        `SELECT to_jsonb(t) - 'version' AS row FROM ${table} t WHERE member_id = $1`,
        [memberId],
      );
    }),
  );
  return found.flat();
}

function refusalOf(path: string): RegExp {
  // A role that is missing is told before a body is looked at; what a provider posts is a form, and no JSON.
  if (path.startsWith("/v1/admin/")) return /^(VALIDATION_FAILED|FORBIDDEN)$/;
  return path.endsWith("/callback") ? /^UNSUPPORTED_MEDIA_TYPE$/ : /^VALIDATION_FAILED$/;
}

/** What a member may not set is refused in every body, and sets nothing. */
export async function plantFields(
  t: Test,
  system: System,
  member: SystemMember,
  seed: number,
): Promise<void> {
  const before = await standing(system, member.id);
  t.ok(before.length >= 2, "it is known what must stay as it is");
  let count = 0;
  for (const { method, path, operation } of operations) {
    const schema = operation.requestBody?.content["application/json"]?.schema;
    if (!schema || /webhooks/.test(path)) continue;
    const [sample] = fc.sample(valid(schema, [member.id]), { seed, numRuns: 1 });
    const body = (typeof sample === "object" && sample !== null ? sample : {}) as Record<string, unknown>;
    const address = path.replaceAll(/\{\w+\}/g, member.id);
    for (const name of names.filter((each) => !knows(schema, each)))
      for (const text of planting(body, name)) {
        count += 1;
        const response = await fetch(system.url + address, {
          method,
          headers: {
            authorization: `Bearer ${member.token}`,
            "content-type": "application/json",
            "idempotency-key": crypto.randomUUID(),
          },
          body: text,
        });
        const { code, errors } = (await response.json()) as { code?: string; errors?: unknown };
        t.match(
          code ?? `${response.status}`,
          refusalOf(path),
          `${method} ${path} with ${name}: ${JSON.stringify(errors ?? "").slice(0, 100)}`,
        );
      }
  }
  t.ok(count > 300, `${count} bodies`);
  t.same(await standing(system, member.id), before, "nothing has changed");
}

import type { System } from "@kismet/testing";
import fc from "fast-check";
import type { Test } from "tap";
import type { SystemMember } from "../member.ts";
import type { Callers } from "./callers.ts";
import { type Schema, valid } from "./from-schema.ts";
import { type Called, operations } from "./openapi-document.ts";
import { type Body, formOf, formType } from "./other-bodies.ts";

/** What nobody may say of themselves; written as JSON, since some of it can't be a property of an object here. */
const planted = new Map([
  ["role", '"admin"'],
  ["roles", '["admin"]'],
  ["status", '"active"'],
  ["emailVerified", "true"],
  ["verified", "true"],
  ["tier", '"gold"'],
  ["features", '{"seesLikes":true}'],
  ["memberId", '"00000000-0000-7000-8000-000000000001"'],
  ["accountId", '"00000000-0000-7000-8000-000000000001"'],
  ["id", '"00000000-0000-7000-8000-000000000001"'],
  ["createdAt", '"2020-01-01T00:00:00Z"'],
  ["amount", "0"],
  ["price", "0"],
  ["isAdmin", "true"],
  ["__proto__", '{"roles":["admin"]}'],
  ["constructor", '{"prototype":{"roles":["admin"]}}'],
]);

type Place = { object: object; knows(name: string): boolean };

/** Each object of a body, inside others and in lists too, with what may stand in it. */
function placesIn(value: unknown, schema: Schema): Place[] {
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.flatMap((option) => (fits(value, option) ? placesIn(value, option) : []));
  if (Array.isArray(value)) return value.flatMap((each) => placesIn(each, schema.items ?? {}));
  if (typeof value !== "object" || value === null) return [];
  const { properties = {} } = schema;
  const inside = Object.entries(value).flatMap(([name, each]) => placesIn(each, properties[name] ?? {}));
  return [{ object: value, knows: (name) => Object.hasOwn(properties, name) }, ...inside];
}

function fits(value: unknown, { type, properties = {} }: Schema): boolean {
  if (Array.isArray(value)) return type === "array";
  if (typeof value !== "object" || value === null) return false;
  return type === "object" && Object.keys(value).every((name) => Object.hasOwn(properties, name));
}

/** As JSON, with one more field in the object: first, so that a parser which takes the last of two has been fed too. */
function withField(value: unknown, object: object, field: string): string {
  if (Array.isArray(value)) return `[${value.map((each) => withField(each, object, field)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(
    ([name, each]) => `${JSON.stringify(name)}:${withField(each, object, field)}`,
  );
  return `{${(value === object ? [field, ...fields] : fields).join(",")}}`;
}

/** Of each kind of body that the schema has, the one in which the most objects are. */
function fullest(schema: Schema, memberId: string, seed: number): object[] {
  const kinds = schema.anyOf ?? schema.oneOf ?? [schema];
  return kinds.map((kind) => {
    const samples = fc.sample(valid(kind, [memberId]), { seed, numRuns: 40 }) as object[];
    const size = (sample: object) => placesIn(sample, kind).length;
    return samples.reduce((most, each) => (size(each) > size(most) ? each : most));
  });
}

/** Every body of an operation with every field that isn't the sender's in every object of it. */
function plantings({ operation }: Called, memberId: string, seed: number): [name: string, body: Body][] {
  const content = operation.requestBody?.content ?? {};
  const json = content["application/json"]?.schema;
  const form = content[formType]?.schema;
  const ofJson = (schema: Schema) =>
    fullest(schema, memberId, seed).flatMap((sample) =>
      placesIn(sample, schema).flatMap(({ object, knows }) =>
        [...planted]
          .filter(([name]) => !knows(name))
          .map(([name, value]): [string, Body] => [
            name,
            { type: "application/json", body: withField(sample, object, `"${name}":${value}`) },
          ]),
      ),
    );
  const ofForm = (schema: Schema) =>
    fullest(schema, memberId, seed).flatMap((sample) =>
      [...planted]
        .filter(([name]) => !Object.hasOwn(schema.properties ?? {}, name))
        .map(([name, value]): [string, Body] => {
          const { body } = formOf(sample);
          return [name, { type: formType, body: `${name}=${encodeURIComponent(value)}&${String(body)}` }];
        }),
    );
  return [...(json ? ofJson(json) : []), ...(form ? ofForm(form) : [])];
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

/** What a page answers is a page; else it is a problem with its code. */
function refusalIn(text: string, status: number): string {
  return text.startsWith("{") ? ((JSON.parse(text) as { code?: string }).code ?? "none") : `page ${status}`;
}

/** What a member may not set is refused in every body, of everybody who may send it, and sets nothing. */
export async function plantFields(
  t: Test,
  system: System,
  { member, callers, seed }: { member: SystemMember; callers: Callers; seed: number },
): Promise<void> {
  const before = await standing(system, member.id);
  t.ok(before.length >= 2, "it is known what must stay as it is");
  const count = { all: 0, inForms: 0, inside: 0 };
  for (const called of operations) {
    const { method, path } = called;
    const address = path.replace("{provider}", "google").replaceAll(/\{\w+\}/g, member.id);
    const tries = plantings(called, member.id, seed).map(async ([name, body]) => {
      count.all += 1;
      if (body.type === formType) count.inForms += 1;
      else if (!String(body.body).startsWith(`{"${name}"`)) count.inside += 1;
      const response = await fetch(system.url + address, {
        method,
        redirect: "manual",
        headers: {
          ...callers.headersFor(called, { member, body: body.body, turn: count.all }),
          "content-type": body.type,
          "idempotency-key": crypto.randomUUID(),
        },
        body: body.body,
      });
      const refusal = refusalIn(await response.text(), response.status);
      const what = `${method} ${path} with ${name}: ${String(body.body).slice(0, 200)}`;
      t.match(refusal, /^(VALIDATION_FAILED|page 400)$/, what);
    });
    await Promise.all(tries);
  }
  t.ok(count.all > 300 && count.inForms > 50 && count.inside > 100, JSON.stringify(count));
  t.same(await standing(system, member.id), before, "nothing has changed");
}

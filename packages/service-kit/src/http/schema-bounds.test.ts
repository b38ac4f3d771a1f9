import { Cursor, nullable, page, PageQuery, Problem, strict, Timestamp, Uuid } from "@kismet/contracts";
import { test } from "tap";
import { Type } from "typebox";
import { unboundedPlaces } from "./schema-bounds.ts";

test("A44 what the contracts are built from is closed and bounded", async (t) => {
  for (const schema of [Problem, PageQuery, Cursor, page(strict({ id: Uuid, at: nullable(Timestamp) }))]) {
    t.same(unboundedPlaces(schema, "it"), []);
  }
});

test("A05 A44 what is open or unbounded is found, however deep", async (t) => {
  const table = [
    [Type.Object({}), "it lets unknown fields in"],
    [strict({ a: strict({ b: Type.String() }) }), "it.a.b is a string without maxLength"],
    [strict({ a: Type.String({ pattern: "^a+$" }) }), "it.a is a string without maxLength"],
    [strict({ a: Type.String({ pattern: "a" }) }), "it.a is a string without maxLength"],
    [strict({ a: Type.String({ format: "email" }) }), "it.a is a string without maxLength"],
    [Type.Array(Uuid), "it is an array without maxItems"],
    [Type.Array(Type.String(), { maxItems: 2 }), "it[] is a string without maxLength"],
    [Type.Union([Type.Null(), Type.Object({})]), "it|1 lets unknown fields in"],
    [strict({ a: Type.Any() }), "it.a may be anything"],
    [Type.Record(Type.String(), Uuid), "it lets unknown fields in"],
    [Type.Intersect([strict({ a: Uuid }), Type.Object({ b: Uuid })]), "it lets unknown fields in"],
  ] as const;
  for (const [schema, place] of table) t.ok(unboundedPlaces(schema, "it").includes(place), place);
});

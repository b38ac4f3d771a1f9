import fc from "fast-check";

/** Of JSON Schema what the document has of it. */
export type Schema = {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
};

type Value = fc.Arbitrary<unknown>;

/** What has broken programs before: in text, in numbers, in kind. */
const nasty: unknown[] = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "\udfff\ud800",
  "\u202e\u2066",
  "\ufeff",
  "\r\nx: 1",
  "'; DROP TABLE accounts; --",
  "' OR '1'='1",
  "%00",
  "../../etc/passwd",
  "${7*7}",
  "<script>1</script>",
  "__proto__",
  "constructor",
  "null",
  "👩‍👩‍👧‍👦".repeat(50),
  "a".repeat(5_000),
  "9".repeat(400),
  "0000-00-00",
  "9999-12-31T23:59:60Z",
  "2026-02-30",
  "00000000-0000-0000-0000-000000000000",
  0,
  -1,
  -0,
  1.5,
  1e308,
  2 ** 31,
  2 ** 53,
  -(2 ** 63),
  null,
  true,
  [],
  {},
  [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]],
  { $ne: null },
  { toString: 1 },
  Array.from({ length: 2_000 }, () => 1),
];
export const nastyValue: Value = fc.constantFrom(...nasty);

/** Values that the schema allows. Ids are drawn from those that exist, or nothing would ever be found. */
export function valid(schema: Schema, ids: readonly string[]): Value {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return fc.oneof(...options.map((option) => valid(option, ids)));
  switch (schema.type) {
    case "object":
      return objectOf(schema, ids);
    case "array": {
      const { items = {}, minItems = 0, maxItems = 5 } = schema;
      return fc.array(valid(items, ids), {
        minLength: minItems,
        maxLength: Math.min(maxItems, minItems + 3),
      });
    }
    case "string":
      return text(schema, ids);
    case "integer":
      return fc.integer({ min: int(schema.minimum ?? -1_000), max: int(schema.maximum ?? 1_000) });
    case "number":
      return fc.double({ min: schema.minimum ?? -1e6, max: schema.maximum ?? 1e6, noNaN: true });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    default:
      return fc.jsonValue();
  }
}

/** Names that a pattern can't tell from others. */
const known: Record<string, readonly string[]> = { timeZone: ["Europe/Berlin", "America/New_York", "UTC"] };

const int = (value: number) => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.round(value)));

function objectOf({ properties = {}, required = [] }: Schema, ids: readonly string[]): Value {
  const fields = Object.entries(properties).map(
    ([name, property]) =>
      [name, known[name] ? fc.constantFrom(...known[name]) : valid(property, ids)] as const,
  );
  return fc.record(Object.fromEntries(fields), { requiredKeys: required });
}

function text(schema: Schema, ids: readonly string[]): fc.Arbitrary<string> {
  const { format, pattern, minLength = 0, maxLength = 100 } = schema;
  if (format === "uuid") return fc.oneof(fc.constantFrom(...ids), fc.uuid());
  if (format === "date")
    return fc
      .date({ min: new Date(0), max: new Date("2100"), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10));
  if (format === "date-time")
    return fc
      .date({ min: new Date(0), max: new Date("2100"), noInvalidDate: true })
      .map((date) => date.toISOString());
  if (pattern !== undefined) return matching(pattern, schema);
  const bounds = { minLength, maxLength: Math.min(maxLength, Math.max(minLength, 60)) };
  return fc
    .oneof(
      fc.string(bounds),
      fc.string({ ...bounds, unit: "grapheme" }),
      fc.string({ ...bounds, unit: "binary" }),
    )
    .filter((value) => value.length >= minLength && value.length <= maxLength);
}

function matching(pattern: string, { minLength = 0, maxLength = 1_000 }: Schema): fc.Arbitrary<string> {
  const fits = (value: string) => value.length >= minLength && value.length <= maxLength;
  try {
    return fc.stringMatching(new RegExp(pattern), { size: "small" }).filter(fits);
  } catch {
    // A pattern that can't be turned round: then what is sent for it is refused, which is an answer too.
    return fc.constantFrom("kismet@mail.test", "a".repeat(Math.max(minLength, 1)));
  }
}

/** What is valid but for one thing. */
export function nearlyValid(schema: Schema, ids: readonly string[]): Value {
  return fc
    .tuple(valid(schema, ids), fc.nat(), fc.nat(), nastyValue)
    .map(([value, where, how, bad]) => spoil(value, where, how, bad));
}

function spoil(value: unknown, where: number, how: number, bad: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return bad;
  const fields = { ...(value as Record<string, unknown>) };
  const names = Object.keys(fields);
  const name = names[where % Math.max(names.length, 1)];
  if (name === undefined || how % 5 === 0) return { ...fields, [`planted${where}`]: bad };
  if (how % 5 === 1) {
    delete fields[name];
    return fields;
  }
  const inner = fields[name];
  const isOpen = typeof inner === "object" && inner !== null && how % 2 === 0;
  return { ...fields, [name]: isOpen ? spoil(inner, where, how + 1, bad) : bad };
}

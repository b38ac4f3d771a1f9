type Schema = {
  type?: string | string[];
  const?: unknown;
  enum?: unknown;
  format?: string;
  pattern?: string;
  maxLength?: number;
  maxItems?: number;
  maxProperties?: number;
  items?: Schema | Schema[];
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  additionalProperties?: unknown;
  unevaluatedProperties?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
};

/** Formats whose values can't be long. */
const boundedFormats = new Set(["uuid", "date", "date-time", "time", "ipv4", "ipv6"]);

/**
 * What is open or unbounded in a schema, one line each: an object that lets unknown fields in, a string or array of
 * any length, a value of any kind. Empty for a schema that is safe to point at the internet.
 */
export function unboundedPlaces(schema: unknown, path: string): string[] {
  if (typeof schema !== "object" || schema === null) return [`${path} has no schema`];
  const node = schema as Schema;
  if (node.const !== undefined || Array.isArray(node.enum)) return [];
  const alternatives = node.anyOf ?? node.oneOf;
  if (alternatives) return alternatives.flatMap((option, i) => unboundedPlaces(option, `${path}|${i}`));
  if (node.allOf) return intersection(node, node.allOf, path);
  switch (node.type) {
    case "object":
      return objectPlaces(node, path);
    case "array":
      return arrayPlaces(node, path);
    case "string":
      return isBoundedString(node) ? [] : [`${path} is a string without maxLength`];
    case "integer":
    case "number":
    case "boolean":
    case "null":
      return [];
    default:
      return [`${path} may be anything`];
  }
}

function objectPlaces(node: Schema, path: string): string[] {
  const places = Object.entries(node.properties ?? {}).flatMap(([key, value]) =>
    unboundedPlaces(value, `${path}.${key}`),
  );
  if (node.additionalProperties !== false) places.push(`${path} lets unknown fields in`);
  if (node.patternProperties) {
    if (node.maxProperties === undefined) places.push(`${path} is a record without maxProperties`);
    places.push(
      ...Object.values(node.patternProperties).flatMap((value) => unboundedPlaces(value, `${path}.*`)),
    );
  }
  return places;
}

/** The parts of an intersection can't be closed each by itself: the whole must be. */
function intersection(node: Schema, parts: Schema[], path: string): string[] {
  const places = parts.flatMap((part) =>
    unboundedPlaces(part.type === "object" ? { ...part, additionalProperties: false } : part, path),
  );
  if (node.unevaluatedProperties !== false) places.push(`${path} lets unknown fields in`);
  return places;
}

function arrayPlaces(node: Schema, path: string): string[] {
  const items = Array.isArray(node.items) ? node.items : [node.items];
  const places = items.flatMap((item) => unboundedPlaces(item, `${path}[]`));
  if (node.maxItems === undefined) places.push(`${path} is an array without maxItems`);
  return places;
}

function isBoundedString({ maxLength, pattern, format }: Schema): boolean {
  if (maxLength !== undefined) return true;
  if (format !== undefined && boundedFormats.has(format)) return true;
  return pattern !== undefined && /^\^.*\$$/.test(pattern) && !/[*+]|\{\d+,\}/.test(pattern);
}

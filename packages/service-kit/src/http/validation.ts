import type { FastifySchemaCompiler } from "fastify";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Value } from "typebox/value";
import { ValidationFailed } from "../errors/kit-errors.ts";
import { faultOf } from "../errors/schema-fault.ts";

const maxErrors = 20;

/**
 * Validates without changing what was sent, except that defaults are filled in and that query and path values, which
 * are text, become the numbers and booleans that the schema asks for. Nothing is stripped: unknown fields are refused.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  return (input: unknown) => {
    const value = httpPart === "body" ? Value.Default(schema, input) : prepare(schema, input, httpPart);
    if (validator.Check(value)) return httpPart === "headers" ? { value: input } : { value };
    return { error: validationFailed(validator.Errors(value), httpPart ?? "body") };
  };
};

type SchemaError = { instancePath: string; message: string; keyword: string; params: object };

/** Errors as the public answer lists them: the path begins with the part of the request. */
export function validationFailed(errors: SchemaError[], part: string): ValidationFailed {
  // An unknown field is reported twice by TypeBox: as one too many, and as refused by the schema `false`.
  const told = errors.filter((error) => error.keyword !== "boolean");
  const listed = told.slice(0, maxErrors).map((error) => ({
    path: `${part === "querystring" ? "query" : part}${error.instancePath}`.slice(0, 500),
    message: faultOf(error).slice(0, 500),
  }));
  return new ValidationFailed("The request does not match what this address accepts.", listed);
}

type ObjectSchema = { properties?: Record<string, { type?: string; items?: TSchema }> };

function prepare(schema: TSchema, input: unknown, part: string | undefined): unknown {
  const { properties = {} } = schema as ObjectSchema;
  const given = input as Record<string, unknown>;
  const value: Record<string, unknown> = {};
  // Of the headers only those in the schema are looked at: every client sends others.
  const names = part === "headers" ? Object.keys(properties) : Object.keys(given);
  for (const name of names) {
    const item = given[part === "headers" ? name.toLowerCase() : name];
    if (item !== undefined) value[name] = fromText(properties[name], item);
  }
  return Value.Default(schema, value);
}

/** Strict on purpose: `TypeBox` alone would read "1.9" as the integer 1 and "" as 0. */
function fromText(schema: { type?: string; items?: TSchema } | undefined, item: unknown): unknown {
  if (schema?.type === "array") {
    const items = schema.items as { type?: string } | undefined;
    return (Array.isArray(item) ? item : [item]).map((each) => fromText(items, each));
  }
  if (typeof item !== "string") return item;
  if (schema?.type === "integer" || schema?.type === "number") {
    return /^-?\d{1,15}(\.\d{1,15})?$/.test(item) ? Number(item) : item;
  }
  if (schema?.type === "boolean") return item === "true" ? true : item === "false" ? false : item;
  return item;
}

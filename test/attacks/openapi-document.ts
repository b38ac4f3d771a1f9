import { readFileSync } from "node:fs";
import { type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { Schema } from "./from-schema.ts";

export type Parameter = { in: string; name: string; required?: boolean; schema?: Schema };
type Content = Record<string, { schema?: Schema }>;
export type Operation = {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content: Content };
  responses: Record<string, { $ref?: string; content?: Content }>;
};
type Document = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, { content?: Content }> };
};

const generated = new URL("../../services/gateway/src/generated/openapi.json", import.meta.url);
const document = JSON.parse(readFileSync(generated, "utf8")) as Document;

export type Called = { method: string; path: string; operation: Operation };

/** Every operation of the document. */
export const operations: Called[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
);

/** The codes of docs/errors.md, with the statuses that they come with. */
const errorRows = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8").matchAll(
  /^\| `([A-Z_]+)` \| (\d{3})/gm,
);
const documentedErrors = new Set([...errorRows].map(([, code, status]) => `${code} ${status}`));

const validators = new Map<string, { Check(value: unknown): boolean }>();

function contentOf(operation: Operation, status: number): { name: string; content: Content } | undefined {
  const response = operation.responses[status] ?? operation.responses["default"];
  const name = response?.$ref?.split("/").at(-1);
  const resolved = name === undefined ? response : document.components.responses[name];
  return resolved && { name: name ?? `${operation.operationId} ${status}`, content: resolved.content ?? {} };
}

function validatorOf(name: string, type: string, schema: Schema): { Check(value: unknown): boolean } {
  const key = `${name} ${type}`;
  const known = validators.get(key);
  if (known) return known;
  const target = schema.$ref?.split("/").at(-1);
  const made = Compile((target === undefined ? schema : document.components.schemas[target]) as TSchema);
  validators.set(key, made);
  return made;
}

export type Answered = { status: number; type: string; text: string };

/** How an answer differs from what the document says of it; empty if it doesn't. */
export function departures({ operation }: Called, { status, type, text }: Answered): string[] {
  if (status >= 500) return [`answers ${status}`];
  const isDeclared = operation.responses[status] !== undefined;
  if (status < 400 && !isDeclared) return [`answers ${status}, which is not in the document`];
  const declared = contentOf(operation, status);
  if (!declared) return [`has no answer ${status}`];
  const [mime = ""] = type.split(";");
  const content = declared.content[mime];
  if (text === "") return status >= 400 ? ["fails without a word"] : [];
  if (mime === "text/html" && content) return [];
  if (!content?.schema) return [`answers ${status} in ${mime || "no type"}, which is not in the document`];
  if (!mime.endsWith("json")) return [];
  const body: unknown = JSON.parse(text);
  if (!validatorOf(declared.name, mime, content.schema).Check(body))
    return [`answers ${status} with what its schema does not allow: ${text.slice(0, 300)}`];
  if (status < 400) return [];
  const { code } = body as { code: string };
  return documentedErrors.has(`${code} ${status}`)
    ? []
    : [`answers ${status} with ${code}, which docs/errors.md does not have`];
}

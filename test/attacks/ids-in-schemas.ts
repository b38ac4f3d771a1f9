import { ClientFrame } from "@kismet/contracts";
import type { Schema } from "./from-schema.ts";
import { operations } from "./openapi-document.ts";

/** Names of fields that take an id, by their format or by what they are called: `response.id`, `prompts[].promptId`. */
function idsIn(schema: Schema, at = ""): string[] {
  const options = schema.anyOf ?? schema.oneOf ?? [];
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const place = at === "" ? name : `${at}.${name}`;
    const isId = /^(id|.*Ids?)$/.test(name) || isUuid(inner);
    return isId ? [place] : idsIn(inner, place);
  });
  return [
    ...options.flatMap((option) => idsIn(option, at)),
    ...(schema.items ? idsIn(schema.items, `${at}[]`) : []),
    ...fields,
  ];
}

function isUuid({ format, items, anyOf = [], oneOf = [] }: Schema): boolean {
  return format === "uuid" || [...(items ? [items] : []), ...anyOf, ...oneOf].some(isUuid);
}

const unique = (names: string[]) => [...new Set(names)];

/** `POST /v1/swipes targetId`, of every body and query of the document. */
export function idsOfBodies(): string[] {
  return operations.flatMap(({ method, path, operation }) => {
    const bodies = Object.values(operation.requestBody?.content ?? {}).map(({ schema = {} }) => schema);
    const query = (operation.parameters ?? []).filter((each) => each.in === "query");
    const asked = Object.fromEntries(query.map(({ name, schema = {} }) => [name, schema]));
    const ids = [...bodies, { properties: asked }].flatMap((schema) => idsIn(schema));
    return unique(ids).map((id) => `${method} ${path} ${id}`);
  });
}

/** `send conversationId`, of every frame that a client may send. */
export function idsOfFrames(): string[] {
  return Object.entries(ClientFrame as unknown as Record<string, Schema>).flatMap(([type, schema]) =>
    unique(idsIn(schema)).map((id) => `${type} ${id}`),
  );
}

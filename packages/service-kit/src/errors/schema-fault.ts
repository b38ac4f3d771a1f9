type SchemaError = { keyword: string; params: object; message: string };

/** What is wrong by a schema, with what would be right where TypeBox only says that it is not. */
export function faultOf({ keyword, params, message }: SchemaError): string {
  const { additionalProperties = [], allowedValues = [] } = params as {
    additionalProperties?: string[];
    allowedValues?: string[];
  };
  if (keyword === "additionalProperties")
    return `unknown fields: ${additionalProperties.slice(0, 5).join(", ").slice(0, 200)}`;
  if (keyword === "enum") return `must be one of ${allowedValues.join(", ")}`;
  return message;
}

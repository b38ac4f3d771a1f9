import { stdSerializers } from "pino";

const censor = "[redacted]";

/** What must never reach a log, however it is written in capitals. */
const secrets = new Set(
  [
    ...["authorization", "cookie", "set-cookie", "x-api-key", "apiKey"],
    ...[
      "password",
      "currentPassword",
      "newPassword",
      "token",
      "accessToken",
      "refreshToken",
      "deviceToken",
      "recoveryCodes",
      "csrfToken",
      "ticket",
      "secret",
    ],
    ...["email", "birthDate", "text", "note", "bio", "latitude", "longitude"],
  ].map((key) => key.toLowerCase()),
);
/** What came from outside. A `code` in there is a secret; elsewhere it is that of an error, which a log is for. */
const fromOutside = new Set(["body", "headers", "payload", "request"]);
/** Deeper levels are not looked at, and so not shown. */
const deepest = 6;
const unseen = "[too deep]";

type Fields = Record<string, unknown>;

/**
 * Gives the fields of a log line without secrets, wherever these turn up. The second line of defence: the first is
 * to log identifiers and not bodies. Copies only what it changes (docs/adr/redaction-by-key.md).
 */
export function redact(fields: Fields): Fields {
  return redactAt(fields, 1, false);
}

/** Of the field `err`, which has a serializer: what that gives is redacted. */
export function redactError(error: Error): Fields {
  return redact({ ...stdSerializers.err(error) });
}

function redactAt(fields: Fields, depth: number, isFromOutside: boolean): Fields {
  let copy: Fields | undefined;
  const replace = (key: string, value: unknown) => {
    copy ??= (Array.isArray(fields) ? [...(fields as unknown[])] : { ...fields }) as Fields;
    copy[key] = value;
  };
  for (const key of Object.keys(fields)) {
    const value = fields[key];
    if (value === undefined || value === null) continue;
    if (depth === 1 && key === "err" && value instanceof Error) continue;
    if (secrets.has(key.toLowerCase()) || (isFromOutside && key === "code")) replace(key, censor);
    else if (isOpen(value)) {
      const clean =
        depth < deepest ? redactAt(value, depth + 1, isFromOutside || fromOutside.has(key)) : unseen;
      if (clean !== value) replace(key, clean);
    }
  }
  return copy ?? fields;
}

/** Whether JSON shows its fields. */
function isOpen(value: unknown): value is Fields {
  return (
    typeof value === "object" &&
    value !== null &&
    !ArrayBuffer.isView(value) &&
    typeof (value as { toJSON?: unknown }).toJSON !== "function"
  );
}

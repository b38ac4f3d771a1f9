import { type TString, Type } from "typebox";

/** Marks in a schema, read by `loadConfig`. */
export type SecretOptions = { secret?: true; protocols?: readonly string[] };

/** A secret: in production it must be long, random looking and nobody's default; it is never printed. */
export function secret({ minLength = 32, description = "" } = {}): TString {
  return Type.String({ minLength, maxLength: 8_192, description, secret: true });
}

/** An address of a server, with its credentials; in production its password is held to what secrets are. */
export function connectionUrl(protocols: readonly string[]): TString {
  return Type.String({ minLength: 1, maxLength: 2_048, protocols });
}

const placeholder =
  /change.?me|placeholder|example|secret|password|default|development|insecure|test|dummy|xxx|todo/i;
/** What the development launcher makes begins so, and is as long and random as a good one. */
const developmentMark = /^development-/;
const minDistinctCharacters = 8;

/** Why production must not run with this secret, or nothing. */
export function weaknessOf(value: string): string | undefined {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value)) return undefined;
  if (developmentMark.test(value)) return "is a development value";
  const found = placeholder.exec(value);
  // A long random value may hold "test" by chance, a placeholder is mostly made of such words.
  if (found && (value.length < 40 || /^[a-z-_ ]+$/i.test(value)))
    return "is a placeholder or development value";
  if (new Set(value).size < minDistinctCharacters) return "is too simple";
  return undefined;
}

import type { TObject } from "typebox";

/** The `KISMET_*` variables by which a schema's service would be given these values; others are left out. */
export function environmentOf(schema: TObject, values: Record<string, unknown>): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const key of Object.keys(schema.properties)) {
    const value = values[key];
    if (value !== undefined) environment[variableOf(key)] = String(value);
  }
  return environment;
}

/** `databaseUrl` is given by `KISMET_DATABASE_URL`. */
export function variableOf(key: string): string {
  return `KISMET_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

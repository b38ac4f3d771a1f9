import { parseArgs } from "node:util";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { LaunchError } from "./launch-error.ts";

export type Options = {
  /** Of the gateway; 0 takes a free one. */
  port: number;
  people: number;
  reset: boolean;
  quiet: boolean;
  stateFolder: string;
};

export const defaultStateFolder = fileURLToPath(new URL("../../../../.kismet", import.meta.url));
const maxPeople = 2_000_000;

/** `--help` is answered before this, by bin/kismet.mjs, since it should not need what an installation brings. */
export function parseOptions(args: string[]): Options {
  const values = parse(args);
  return {
    port: integer("--port", values.port, 0, 65_535),
    people: integer("--people", values.people, 0, maxPeople),
    reset: values.reset,
    quiet: values.quiet,
    stateFolder: resolve(values.state),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        port: { type: "string", default: "8080" },
        people: { type: "string", default: "2000" },
        reset: { type: "boolean", default: false },
        quiet: { type: "boolean", default: false },
        state: { type: "string", default: defaultStateFolder },
      },
    }).values;
  } catch (error) {
    throw new LaunchError(`${(error as Error).message} See npm start -- --help.`);
  }
}

function integer(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new LaunchError(`${name} takes a whole number from ${min} to ${max}, not "${text}".`);
}

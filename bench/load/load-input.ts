import { json } from "node:stream/consumers";
import type { LoadResult } from "./measure.ts";

/** What the bench wrote to this process. */
export async function readInput<Input>(): Promise<Input> {
  return (await json(process.stdin)) as Input;
}

/** Ends the process: sockets and pools that are still open have nothing more to do. */
export function answerWith(results: LoadResult[]): void {
  process.stdout.write(JSON.stringify(results), () => process.exit(0));
}

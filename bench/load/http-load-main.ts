/** Asks for one path over and over, each worker on a connection and with headers of its own. */
import { HttpConnection } from "./http-client.ts";
import { answerWith, readInput } from "./load-input.ts";
import { type LoadShape, measureAll } from "./measure.ts";
import { concurrency } from "../sections/plan.ts";

const { shapes, origin, path, headers } = await readInput<{
  shapes: LoadShape[];
  origin: string;
  path: string;
  headers: Record<string, string>[];
}>();
const connections = Array.from({ length: concurrency }, () => new HttpConnection(origin));

answerWith(
  await measureAll(shapes, async (worker) => {
    const own = headers[worker % headers.length] ?? {};
    const status = await connections[worker]?.send({ path, method: "GET", headers: own });
    if (status !== 200) throw new Error(`${path} was answered with ${status}`);
  }),
);

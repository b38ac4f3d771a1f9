/** Asks for one path over and over, each worker on a connection and with headers of its own. */
import { HttpConnection } from "./http-client.ts";
import { answerWith, readInput } from "./load-input.ts";
import { type LoadShape, measure } from "./measure.ts";

const { shape, origin, path, headers } = await readInput<{
  shape: LoadShape;
  origin: string;
  path: string;
  headers: Record<string, string>[];
}>();
const connections = Array.from({ length: shape.workers }, () => new HttpConnection(origin));

answerWith(
  await measure(shape, async (worker) => {
    const own = headers[worker % headers.length] ?? {};
    const status = await connections[worker]?.send({ path, method: "GET", headers: own });
    if (status !== 200) throw new Error(`${path} was answered with ${status}`);
  }),
);

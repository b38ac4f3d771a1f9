/** Sends many large bodies at once, each on a connection of its own; fails unless all of every one has arrived. */
import { Readable } from "node:stream";
import { Agent, request } from "undici";
import { readInput } from "./load-input.ts";
import { uploadBytes, uploadPath } from "./uploads.ts";

const { origin, count, token } = await readInput<{ origin: string; count: number; token: string }>();
const piece = Buffer.alloc(64 * 1_024, "kismet");
const dispatcher = new Agent({ connections: count, pipelining: 1 });

function* pieces(): Generator<Buffer> {
  for (let sent = 0; sent < uploadBytes; sent += piece.length) yield piece;
}

async function upload(): Promise<void> {
  const { statusCode, body } = await request(`${origin}${uploadPath}`, {
    method: "POST",
    dispatcher,
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/octet-stream",
      "content-length": String(uploadBytes),
    },
    body: Readable.from(pieces(), { objectMode: false, highWaterMark: piece.length }),
  });
  const answer = await body.text();
  if (statusCode !== 200 || Number(answer) !== uploadBytes) throw new Error(`${statusCode} ${answer}`);
}

const begin = performance.now();
await Promise.all(Array.from({ length: count }, upload));
process.stdout.write(JSON.stringify({ seconds: (performance.now() - begin) / 1_000 }), () => process.exit(0));

/** What every proxy stands before: the same small JSON, from the least that can serve it. */
import { createServer } from "node:http";

const body = JSON.stringify({
  items: [
    { id: "0195f3c0-7a5e-7c3e-9d5f-3a1b2c4d5e6f", firstName: "Robin", age: 31, distance: { bucket: "5 km" } },
  ],
  nextCursor: null,
});
const headers = {
  "content-type": "application/json; charset=utf-8",
  "content-length": Buffer.byteLength(body),
};

const server = createServer((_request, response) => {
  response.writeHead(200, headers);
  response.end(body);
});
server.keepAliveTimeout = 65_000;
server.listen(Number(process.argv[2]), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));

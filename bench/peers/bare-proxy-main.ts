/** @fastify/http-proxy as its README has it: forwards, and does nothing else. */
import httpProxy from "@fastify/http-proxy";
import Fastify from "fastify";

const [port, upstream] = process.argv.slice(2);
if (upstream === undefined) throw new Error("usage: bare-proxy-main.ts <port> <upstream>");
const app = Fastify({ logger: false });
await app.register(httpProxy, { upstream });
await app.listen({ host: "127.0.0.1", port: Number(port) });
process.on("SIGTERM", () => process.exit(0));

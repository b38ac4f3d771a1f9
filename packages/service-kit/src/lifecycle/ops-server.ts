import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Parts } from "./parts.ts";

/** `/healthz`, `/readyz` and `/metrics`, on a port that nobody outside reaches. */
export type OpsServer = { url: string; close(): Promise<void> };

export async function listenForOperations(parts: Parts, host: string, port: number): Promise<OpsServer> {
  const server = createServer((request, response) => {
    void answer(parts, request.url ?? "/", response);
  });
  await listen(server, host, port);
  return { url: urlOf(server, host), close: () => closeServer(server) };
}

export function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}

async function answer(parts: Parts, url: string, response: ServerResponse): Promise<void> {
  if (url === "/healthz") return send(response, 200, { status: "up" });
  if (url === "/readyz") {
    const report = parts.health.report();
    return send(response, report.ready ? 200 : 503, report);
  }
  if (url === "/metrics") {
    response.writeHead(200, { "content-type": parts.metrics.contentType });
    response.end(await parts.metrics.metrics());
    return;
  }
  send(response, 404, { status: "unknown" });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

import type { IncomingHttpHeaders, OutgoingHttpHeader } from "node:http";
import { securityHeaders } from "@kismet/service-kit";
import type { FastifyReply } from "fastify";

/** Of the connection to the service, or about what runs it: no affair of the client's. */
const withheld = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "trailer",
  "upgrade",
  "x-powered-by",
  "server",
]);

const maxJoinedBytes = 16 * 1_024;

/**
 * The head of an answer: the service's headers, and the edge's own where the service says nothing. As one flat list,
 * which Node writes as it is: set one by one they cost more than the rest of an answer.
 */
export function writeHead(reply: FastifyReply, status: number, answered: IncomingHttpHeaders): void {
  const own: Record<string, OutgoingHttpHeader | undefined> = reply.getHeaders();
  const head: string[] = [];
  for (const name in answered) {
    const value = answered[name];
    if (value === undefined || withheld.has(name)) continue;
    if (name === "vary" && own["vary"] !== undefined)
      head.push(name, `${String(own["vary"])}, ${String(value)}`);
    else add(head, name, value);
  }
  for (const name in own) {
    const value = own[name];
    if (value !== undefined && (answered[name] === undefined || withheld.has(name))) add(head, name, value);
  }
  for (const name in securityHeaders)
    if (answered[name] === undefined && own[name] === undefined) add(head, name, securityHeaders[name] ?? "");
  reply.raw.writeHead(status, head);
}

/**
 * All of a body, which ends the answer. As a string, each byte a character, it leaves in one piece with its head: a buffer
 * beside it makes a list of two for the system, which costs a twentieth of an answer. What is long is not worth the copy.
 */
export function endWith({ raw }: FastifyReply, body: Buffer): void {
  if (body.length > maxJoinedBytes) raw.end(body);
  else raw.end(body.toString("latin1"), "latin1");
}

function add(head: string[], name: string, value: number | string | readonly string[]): void {
  if (typeof value === "object") for (const each of value) head.push(name, each);
  else head.push(name, String(value));
}

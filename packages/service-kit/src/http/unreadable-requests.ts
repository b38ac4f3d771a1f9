import { randomUUIDv7 } from "node:crypto";
import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { HeadersTooLarge, RequestTooSlow, ValidationFailed } from "../errors/kit-errors.ts";
import type { PublicError } from "../errors/public-error.ts";
import { toProblem } from "../errors/to-problem.ts";
import { bareAnswerHeaders } from "./security-headers.ts";

/**
 * What the parser gave up on. It is not logged: anybody can send as much of it as they like. The connection ends, since
 * nobody knows where the next request would begin.
 */
export function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable || owesAnAnswer(socket)) return void socket.destroy();
  const requestId = randomUUIDv7();
  const { status, headers, body } = toProblem(refusalOf(error.code), requestId);
  const text = JSON.stringify(body);
  const lines = Object.entries({
    ...headers,
    ...bareAnswerHeaders,
    "x-request-id": requestId,
    "content-type": "application/problem+json",
    "content-length": String(Buffer.byteLength(text)),
    connection: "close",
  }).map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines].join("\r\n");
  socket.end(`${head}\r\n\r\n${text}`);
}

/** To a request before the unreadable one: what is written now would be taken for the answer to that. */
function owesAnAnswer(socket: Socket): boolean {
  // What the socket is answering, as Node's own documentation of `clientError` looks it up.
  const { _httpMessage: answer } = socket as { _httpMessage?: ServerResponse };
  return answer !== undefined && answer !== null && (answer.headersSent || answer.req.complete);
}

function refusalOf(code: string | undefined): PublicError {
  if (code === "HPE_HEADER_OVERFLOW") return new HeadersTooLarge();
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return new RequestTooSlow();
  return new ValidationFailed("The request could not be read.");
}

import { chatProtocol, ticketProtocolPrefix } from "@kismet/contracts";
import { notActive, type TokenVerifier, Unauthenticated } from "@kismet/service-kit";
import type { FastifyRequest } from "fastify";
import type { Credential } from "./chat-socket.ts";
import { ProtocolUnsupported } from "./frame-errors.ts";
import type { Tickets } from "./tickets.ts";

/** Of a request whose token the kit has verified. */
export function credentialOf(request: FastifyRequest): Credential {
  const { member, token = "" } = request.requestContext;
  if (!member) throw new Unauthenticated();
  const [header = "", payload = ""] = token.split(".");
  const { kid } = read(header) as { kid: string };
  const { iat } = read(payload) as { iat: number };
  return { member, issuedAt: new Date(iat * 1_000), kid };
}

/** Who opens a socket: by the token if one was sent, else by the ticket; never by anything in the address. */
export async function identify(
  request: FastifyRequest,
  tickets: Tickets,
  verifier: TokenVerifier,
): Promise<Credential> {
  const offered = offeredProtocols(request);
  if (offered.length > 0 && !offered.includes(chatProtocol)) throw new ProtocolUnsupported();
  if (request.requestContext.member) return credentialOf(request);
  const ticket = offered.find((one) => one.startsWith(ticketProtocolPrefix));
  if (!ticket) throw new Unauthenticated();
  const credential = await tickets.redeem(ticket.slice(ticketProtocolPrefix.length));
  // What has happened to the session since the ticket was issued counts as it does for a token.
  if (verifier.revocations.isKeyRevoked(credential.kid)) throw new Unauthenticated();
  const member = verifier.revocations.apply(credential.member, credential.issuedAt);
  if (member.status !== "active") throw notActive(member.status);
  request.requestContext.member = member;
  return { ...credential, member };
}

function read(part: string): unknown {
  return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
}

function offeredProtocols(request: FastifyRequest): string[] {
  const offered = request.headers["sec-websocket-protocol"] ?? "";
  return offered
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

import { type AccountStatus, apiKeyHeader, type Member, type RoutePolicy } from "@kismet/contracts";
import type { FastifyRequest } from "fastify";
import {
  AccountNotActive,
  AgeAssuranceRequired,
  ClientKeyRefused,
  Forbidden,
  Unauthenticated,
} from "../errors/kit-errors.ts";
import type { PublicError } from "../errors/public-error.ts";
import type { ClientKeys } from "../tokens/client-keys.ts";
import type { TokenVerifier } from "../tokens/token-verifier.ts";

/** Named, so that anything else asks for a member. Webhooks and clients are known by other means. */
const asksForNobody = new Set<RoutePolicy["auth"]>(["public", "webhook", "client"]);

/**
 * The member whom the policy of a route asks for; undefined where it asks for none, or a ticket stands in. Whether they have
 * the role is asked by the service alone (`requireRole`), which can record who had not.
 */
export async function authenticate(
  verifier: TokenVerifier,
  policy: RoutePolicy,
  token: string | undefined,
): Promise<Member | undefined> {
  if (asksForNobody.has(policy.auth)) return undefined;
  if (token === undefined && policy.ticket === true) return undefined;
  if (token === undefined) throw new Unauthenticated();
  const member = await verifier.verify(token);
  if (policy.anyStatus !== true && member.status !== "active") throw notActive(member.status);
  return member;
}

/** Of a member who is known by then: who is refused is recorded. */
export function requireRole(policy: RoutePolicy, member: Member): void {
  if (policy.auth === "staff" && !member.roles.some((role) => policy.roles?.includes(role)))
    throw new Forbidden();
}

/** What is told a member whose account is not active, where it has to be. */
export function notActive(status: AccountStatus): PublicError {
  return status === "age_unproven" ? new AgeAssuranceRequired() : new AccountNotActive();
}

/** Behind `request.member`. */
export function memberOf(request: FastifyRequest): Member {
  const { member } = request.requestContext;
  if (!member) throw new Error(`${request.route ?? "this route"} asks for no member by its policy`);
  return member;
}

/** Finds out whose API key came with a request, for its context. */
export function authenticateClient(clients: ClientKeys | undefined, request: FastifyRequest): void {
  const key = request.headers[apiKeyHeader];
  if (typeof key !== "string" || !clients)
    throw new ClientKeyRefused("The API key of a registered client is needed.");
  request.requestContext.client = clients.identify(key);
}

import type { Member } from "@kismet/contracts";
import { findAccount } from "../accounts/accounts-repository.ts";
import { linkIdentity } from "./finish-flow.ts";
import { type OidcDeps, providerOf, ticketHashOf } from "./oidc-deps.ts";
import { TicketInvalid } from "./oidc-errors.ts";
import { takeTicket } from "./tickets-repository.ts";

/** For the account whose address the provider has verified, once its owner has signed in to it in another way. */
export async function linkTicket(deps: OidcDeps, { memberId }: Member, token: string): Promise<string> {
  const { database, digests, clock } = deps;
  return database.transaction(async (tx) => {
    const ticket = await takeTicket(tx, ticketHashOf(digests, token), clock.now());
    const account = await findAccount(tx, memberId);
    if (!ticket?.emailVerified || !account || account.email !== ticket.email) throw new TicketInvalid();
    return linkIdentity(tx, deps, memberId, { provider: providerOf(deps, ticket.provider), vouched: ticket });
  });
}

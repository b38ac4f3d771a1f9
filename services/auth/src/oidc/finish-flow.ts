import { randomBytes, randomUUIDv7 } from "node:crypto";
import type { OidcFinishRequest, OidcOutcome, OidcProvider, OidcTicket } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import { findAccountByEmail, lockAccount } from "../accounts/accounts-repository.ts";
import { identityLinkedMail } from "../letters/mails/identity-linked-mail.ts";
import { isEqual } from "../secrets/digests.ts";
import { findRunning } from "../sessions/sessions-repository.ts";
import { completeSignIn } from "../signin/complete-sign-in.ts";
import type { SignInDevice } from "../signin/sign-in-device.ts";
import type { Tx } from "../storage.ts";
import { decideVouched } from "./decide-vouched.ts";
import { type StoredFlow, takeFlow } from "./flows-repository.ts";
import {
  findIdentity,
  insertIdentity,
  type StoredIdentity,
  updateIdentity,
} from "./identities-repository.ts";
import {
  bindingsOf,
  type OidcDeps,
  providerOf,
  stateHashOf,
  ticketHashOf,
  ticketSeconds,
  verifierHashOf,
} from "./oidc-deps.ts";
import { IdentityTaken, ProviderRefused } from "./oidc-errors.ts";
import type { ProviderClient, Vouched } from "./provider-client.ts";
import { insertTicket } from "./tickets-repository.ts";

export async function finishAudited(
  deps: OidcDeps,
  provider: OidcProvider,
  request: OidcFinishRequest,
  device: SignInDevice,
): Promise<OidcOutcome> {
  return finishFlow(deps, provider, request, device).catch(async (error: unknown) => {
    if (error instanceof ProviderRefused) {
      await recordAudit(deps.database.read, {
        action: "auth.sign-in",
        outcome: "refused",
        actor: { kind: "stranger" },
        details: { method: "oidc", provider },
      });
    }
    throw error;
  });
}

/** With the state and the verifier, once; what follows depends on whom the provider vouches for. */
async function finishFlow(
  deps: OidcDeps,
  provider: OidcProvider,
  { state, verifier, code, iss }: OidcFinishRequest,
  device: SignInDevice,
): Promise<OidcOutcome> {
  const { database, digests, clock } = deps;
  const client = providerOf(deps, provider);
  const flow = await takeFlow(database, stateHashOf(digests, state), clock.now());
  if (flow?.provider !== provider || !isEqual(flow.verifierHash, verifierHashOf(digests, verifier)))
    throw new ProviderRefused();
  const word = await client.redeem(bindingsOf(deps, provider, state), { code, iss });
  const vouched = { ...word, givenName: word.givenName ?? flow.givenName };
  const identity = await findIdentity(database.read, provider, vouched.subject);
  const account = vouched.email === null ? undefined : await findAccountByEmail(database.read, vouched.email);
  const decision = decideVouched({
    owner: identity?.memberId,
    linking: flow.memberId ?? undefined,
    email: vouched.email,
    emailVerified: vouched.emailVerified,
    hasAccount: account !== undefined && account.status !== "unverified",
  });
  switch (decision) {
    case "sign-in":
      return signIn(deps, identity as StoredIdentity, vouched, device);
    case "link":
    case "linked-already":
      return { linked: await linkBySession(deps, client, flow, vouched) };
    case "taken":
      throw new IdentityTaken();
    case "offer-link":
      return openTicket(deps, client, vouched, "link");
    case "offer-sign-up":
      return openTicket(deps, client, vouched, "sign-up");
  }
}

function signIn(
  deps: OidcDeps,
  { id, memberId, provider, subject }: StoredIdentity,
  { email }: Vouched,
  device: SignInDevice,
): Promise<OidcOutcome> {
  return completeSignIn(deps, {
    memberId,
    method: "oidc",
    device,
    async confirm(tx) {
      // It may have been unlinked since it was looked up.
      const identity = await findIdentity(tx, provider, subject);
      if (identity?.id !== id) throw new ProviderRefused();
      // The account keeps its address, whatever the provider's is now.
      await updateIdentity(tx, id, { ...(email === null ? {} : { email }), lastUsedAt: deps.clock.now() });
    },
  });
}

/** For the member who began it, if that session has not ended since. */
async function linkBySession(
  deps: OidcDeps,
  provider: ProviderClient,
  { memberId, sessionId }: StoredFlow,
  vouched: Vouched,
): Promise<string> {
  return deps.database.transaction(async (tx) => {
    if (memberId === null) throw new ProviderRefused();
    await lockAccount(tx, memberId);
    if (!(await findRunning(tx, memberId, sessionId))) throw new ProviderRefused();
    return linkIdentity(tx, deps, memberId, { provider, vouched });
  });
}

/** Gives the identity's id; doing it twice is doing it once. */
export async function linkIdentity(
  tx: Tx,
  { clock, letterbox }: Pick<OidcDeps, "clock" | "letterbox">,
  memberId: string,
  { provider, vouched }: { provider: Pick<ProviderClient, "name" | "title">; vouched: Vouched },
): Promise<string> {
  const { subject, email, givenName } = vouched;
  const account = await lockAccount(tx, memberId);
  if (!account) throw new ProviderRefused();
  const inserted = await insertIdentity(tx, {
    id: randomUUIDv7(),
    memberId,
    provider: provider.name,
    subject,
    email,
    givenName,
    createdAt: clock.now(),
    lastUsedAt: null,
  });
  const identity = inserted ?? (await findIdentity(tx, provider.name, subject));
  if (identity?.memberId !== memberId) throw new IdentityTaken();
  if (inserted) {
    await recordAudit(tx, {
      action: "auth.identity.link",
      subject: memberId,
      details: { provider: provider.name },
    });
    await letterbox.post(tx, {
      kind: "mail",
      mail: identityLinkedMail(account, { provider: provider.title }),
    });
  }
  return identity.id;
}

async function openTicket(
  { database, digests, clock }: OidcDeps,
  { name: provider }: ProviderClient,
  { subject, email, emailVerified, givenName }: Vouched,
  purpose: "sign-up" | "link",
): Promise<OidcTicket> {
  const token = randomBytes(32).toString("base64url");
  await database.transaction((tx) =>
    insertTicket(tx, {
      tokenHash: ticketHashOf(digests, token),
      provider,
      subject,
      email,
      emailVerified,
      givenName,
      expiresAt: new Date(clock.now().getTime() + ticketSeconds * 1_000),
    }),
  );
  return { ticket: { token, purpose, email, emailVerified, givenName, expiresInSeconds: ticketSeconds } };
}

import type { Bus } from "@kismet/bus";
import { Deletion, EndSubscription, GetAccount, OwnAccount } from "@kismet/contracts";
import { type App, type Logger, NotFound } from "@kismet/service-kit";
import { findAccount, type StoredAccount } from "./accounts-repository.ts";
import { NotDeleting } from "./account-errors.ts";
import { deleteAccount, type DeletionDeps, restoreAccount } from "./delete-account.ts";
import { ownChanging, ownReading } from "../route-policies.ts";

const tags = ["auth"];

export function registerAccounts(app: App, bus: Bus, deps: DeletionDeps & { logger: Logger }): void {
  const { database } = deps;
  const existing = async (memberId: string) => {
    const account = await findAccount(database.read, memberId);
    if (!account) throw new NotFound();
    return account;
  };

  bus.serve(GetAccount, async ({ memberId }) => {
    const { status, birthDate, locale, createdAt } = await existing(memberId);
    return { memberId, status, birthDate, locale, createdAt: createdAt.toISOString() };
  });

  app.route({
    method: "GET",
    url: "/v1/auth/me",
    schema: { summary: "My account", tags, response: { 200: OwnAccount } },
    config: { policy: ownReading },
    handler: async ({ member }) => ownAccountOf(await existing(member.memberId)),
  });

  app.route({
    method: "DELETE",
    url: "/v1/auth/me",
    schema: { summary: "Hide me at once, and erase me later", tags, response: { 202: Deletion } },
    config: { policy: { ...ownChanging, timeoutMs: 10_000, stepUp: true } },
    handler: async ({ member }, reply) => {
      const erasesAt = await deleteAccount(deps, member.memberId);
      const subscription = await endSubscription(bus, deps.logger, member.memberId);
      return reply.code(202).send({ erasesAt: erasesAt.toISOString(), subscription });
    },
  });

  app.route({
    method: "POST",
    url: "/v1/auth/me/restore",
    schema: { summary: "Take back the deletion of my account", tags, response: { 200: OwnAccount } },
    config: { policy: { ...ownChanging, idempotent: false } },
    handler: async ({ member }) => {
      if (!(await restoreAccount(deps, member.memberId))) throw new NotDeleting();
      return ownAccountOf(await existing(member.memberId));
    },
  });
}

/** Of a member who is hidden already: what can't be said now is done before they are erased. */
async function endSubscription(
  bus: Bus,
  logger: Logger,
  memberId: string,
): Promise<Deletion["subscription"]> {
  try {
    return await bus.request(EndSubscription, { memberId });
  } catch (error) {
    logger.warn({ err: error }, "billing could not be asked for the subscription of a member who leaves");
    return { status: "unknown", endsAt: null };
  }
}

function ownAccountOf({ memberId, email, status, roles, createdAt, erasesAt }: StoredAccount): OwnAccount {
  return {
    id: memberId,
    email,
    emailVerified: status !== "unverified",
    status,
    roles,
    createdAt: createdAt.toISOString(),
    ...(erasesAt ? { erasesAt: erasesAt.toISOString() } : {}),
  };
}

import { AppealRequest, Empty, Restriction } from "@kismet/contracts";
import { type App, NotFound, readerOf } from "@kismet/service-kit";
import { findAccount } from "../accounts/accounts-repository.ts";
import { makeAppeal } from "./appeal.ts";
import { mayAppeal } from "./decide-appeal.ts";
import { hideAccount } from "./hide-account.ts";
import { explanationOf } from "./reason-texts.ts";
import type { StandingDeps } from "./restrict-account.ts";
import { findAppealOf, findOpenRestriction } from "./standing-repository.ts";
import { ownChanging, ownReading } from "../route-policies.ts";

const tags = ["auth"];
/** For those above all whose account is not active. */

export function registerStandingRoutes(app: App, deps: StandingDeps): void {
  app.route({
    method: "GET",
    url: "/v1/auth/me/restriction",
    schema: { summary: "Why my account is suspended or banned", tags, response: { 200: Restriction } },
    config: { policy: ownReading },
    handler: ({ member }) => ownRestriction(deps, member.memberId),
  });

  app.route({
    method: "POST",
    url: "/v1/auth/me/appeals",
    schema: {
      summary: "Object to it, once",
      tags,
      body: AppealRequest,
      response: { 201: Restriction },
    },
    config: { policy: { ...ownChanging, idempotent: false, bodyLimit: 16_384 } },
    handler: async ({ member: { memberId }, body }, reply) => {
      await makeAppeal(deps, memberId, body.text);
      return reply.code(201).send(await ownRestriction(deps, memberId));
    },
  });

  for (const [verb, summary] of [
    ["hide", "Be seen by nobody"],
    ["show", "Be seen again"],
  ] as const)
    app.route({
      method: "POST",
      url: `/v1/auth/me/${verb}`,
      schema: { summary, tags, response: { 204: Empty } },
      config: { policy: ownChanging },
      handler: async ({ member }, reply) => {
        await hideAccount(deps, member.memberId, verb === "hide");
        return reply.code(204).send(null);
      },
    });
}

async function ownRestriction({ database }: StandingDeps, memberId: string): Promise<Restriction> {
  const account = await findAccount(database.read, memberId);
  const open = await findOpenRestriction(database.read, memberId);
  if (!account || !open) throw new NotFound();
  const { id, kind, reason, statement, madeAt, until } = open;
  const appeal = await findAppealOf(database.read, id);
  return {
    id,
    kind,
    reason,
    explanation: explanationOf(reason, readerOf(account.locale).language),
    statement,
    madeAt: madeAt.toISOString(),
    until: until?.toISOString() ?? null,
    mayAppeal: mayAppeal(open, appeal),
    appeal: appeal ? { madeAt: appeal.madeAt.toISOString(), decision: decisionOf(appeal) } : null,
  };
}

function decisionOf({
  outcome,
  outcomeReason,
  decidedAt,
}: NonNullable<Awaited<ReturnType<typeof findAppealOf>>>) {
  if (!outcome || !decidedAt) return null;
  return { outcome, reason: outcomeReason ?? "", decidedAt: decidedAt.toISOString() };
}

import {
  restrictionReasons,
  type StandingChange,
  StandingChange as StandingChangeSchema,
  Timestamp,
  Uuid,
} from "@kismet/contracts";
import { Value } from "typebox/value";
import { endSessionsOf } from "../sessions/end-sessions-of.ts";
import { listRunning } from "../sessions/sessions-repository.ts";
import { changeStanding } from "../standing/restrict-account.ts";
import { listRestrictions } from "../standing/standing-repository.ts";
import { accountOf, type AdminDeps, type Command, Refused, UsageError } from "./command.ts";

const listed = 100;
const reasons = restrictionReasons.join(", ");

export const accountCommands: Record<string, Command> = {
  show: {
    args: "<member>",
    says: "an account, with its restrictions",
    hasMember: true,
    async run(deps, [who]) {
      const { passwordHash, ...account } = await accountOf(deps, who);
      return {
        ...account,
        hasPassword: passwordHash !== null,
        restrictions: await listRestrictions(deps.database.read, account.memberId, listed),
      };
    },
  },
  "sessions list": {
    args: "<member>",
    says: "where a member is signed in",
    hasMember: true,
    async run(deps, [who]) {
      const { memberId } = await accountOf(deps, who);
      const running = await listRunning(deps.database.read, memberId, deps.clock.now(), listed);
      return running.map(({ id, place, methods, createdAt, rotatedAt }) => ({
        id,
        place,
        methods,
        createdAt,
        lastSeenAt: rotatedAt,
      }));
    },
  },
  "sessions revoke": {
    args: "<member> [session]",
    says: "signs a member out, without a session everywhere",
    hasMember: true,
    isDestructive: true,
    async run(deps, [who, session]) {
      const { memberId } = await accountOf(deps, who);
      if (session !== undefined && !Value.Check(Uuid, session))
        throw new UsageError(`"${session}" is no id of a session: sessions list tells them.`);
      const ended = await endSessionsOf(deps, memberId, session);
      if (session !== undefined && ended.length === 0)
        throw new Refused(`The member has no session ${session} that runs.`);
      return { ended };
    },
  },
  "status suspend": {
    args: "<member> <reason> --until <time> [--statement <text>]",
    says: `suspends an account until a time (2027-01-31T12:00:00Z), for ${reasons}`,
    hasMember: true,
    isDestructive: true,
    async run(deps, [who, reason], { until, statement }) {
      if (!Value.Check(Timestamp, until))
        throw new UsageError(`--until "${until ?? ""}" is no time: give it like 2027-01-31T12:00:00Z.`);
      const change = { action: "suspend", reason, until, ...(statement ? { statement } : {}) };
      return changeStatus(deps, who, change);
    },
  },
  "status ban": {
    args: "<member> <reason> [--statement <text>]",
    says: "bans an account, for the same reasons, and keeps its mailbox from signing up again",
    hasMember: true,
    isDestructive: true,
    run: (deps, [who, reason], { statement }) =>
      changeStatus(deps, who, { action: "ban", reason, ...(statement ? { statement } : {}) }),
  },
  "status lift": {
    args: "<member> --comment <text>",
    says: "ends a suspension or ban",
    hasMember: true,
    isDestructive: true,
    run: (deps, [who], { comment }) => changeStatus(deps, who, { action: "lift", comment }),
  },
};

async function changeStatus(
  deps: AdminDeps,
  who: string | undefined,
  change: Record<string, string | undefined>,
): Promise<unknown> {
  const { memberId, status } = await accountOf(deps, who);
  if (change["action"] !== "lift" && !restrictionReasons.some((known) => known === change["reason"]))
    throw new UsageError(`"${change["reason"] ?? ""}" is no reason: ${reasons}.`);
  if (!Value.Check(StandingChangeSchema, change))
    throw new UsageError("--statement and --comment have 1 to 2000 characters.");
  if (status === "unverified") throw new Refused("Nobody has proven the address of this account yet.");
  await changeStanding(deps, memberId, change satisfies StandingChange, { memberId: null, isAdmin: true });
  return { memberId, status: (await accountOf(deps, memberId)).status };
}

import {
  type Member,
  Role,
  type StandingChange,
  StandingChange as StandingChangeSchema,
} from "@kismet/contracts";
import type { Audit, AuditHead } from "@kismet/database";
import { NotFound } from "@kismet/service-kit";
import { Value } from "typebox/value";
import { findAccount, findAccountByEmail, type StoredAccount } from "../accounts/accounts-repository.ts";
import { normaliseEmail } from "../accounts/normalise-email.ts";
import type { Keyring } from "../keys/keyring.ts";
import { rewrapSecrets } from "../keys/rewrap-secrets.ts";
import { listKeys } from "../keys/signing-keys-repository.ts";
import type { Sealing } from "../secrets/sealing.ts";
import { endSessionsOf } from "../sessions/end-sessions-of.ts";
import { listRunning } from "../sessions/sessions-repository.ts";
import { setRoles } from "../staff/set-roles.ts";
import { changeStanding, type StandingDeps } from "../standing/restrict-account.ts";
import { listRestrictions } from "../standing/standing-repository.ts";

export type AdminDeps = StandingDeps & { keyring: Keyring; sealing: Sealing; audit: Audit };
export type Flags = Partial<Record<"until" | "statement" | "comment" | "reason" | "head", string>>;

/** What the operator can mend. */
export class UsageError extends Error {}

/** The chain does not hold. */
export class ChainBroken extends Error {}

type Command = {
  /** Of its words after the name, as the help shows them. */
  args: string;
  says: string;
  /** Asks before it is done. */
  isDestructive?: boolean;
  /** The word that names a member, who is then the subject of the audit row. */
  hasMember?: boolean;
  run(deps: AdminDeps, words: string[], flags: Flags): Promise<unknown>;
};

const listed = 100;

/** By their first words; the longest that fits counts. */
export const commands: Record<string, Command> = {
  show: {
    args: "<member>",
    says: "an account, with its restrictions",
    hasMember: true,
    async run(deps, [who]) {
      const { passwordHash: _hash, ...account } = await accountOf(deps, who);
      return {
        ...account,
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
      return { ended: await endSessionsOf(deps, (await accountOf(deps, who)).memberId, session) };
    },
  },
  "staff grant": {
    args: "<member> <role>",
    says: "gives a member the role moderator, support or admin",
    hasMember: true,
    isDestructive: true,
    run: (deps, [who, role]) => changeRoles(deps, who, role, (roles, one) => [...new Set([...roles, one])]),
  },
  "staff revoke": {
    args: "<member> <role>",
    says: "takes it away",
    hasMember: true,
    isDestructive: true,
    run: (deps, [who, role]) =>
      changeRoles(deps, who, role, (roles, one) => roles.filter((other) => other !== one)),
  },
  "status suspend": {
    args: "<member> <reason> --until <time> [--statement <text>]",
    says: "suspends an account until a time (RFC 3339)",
    hasMember: true,
    isDestructive: true,
    run: (deps, [who, reason], { until, statement }) =>
      changeStatus(deps, who, { action: "suspend", reason, until, ...(statement ? { statement } : {}) }),
  },
  "status ban": {
    args: "<member> <reason> [--statement <text>]",
    says: "bans an account",
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
  "keys list": {
    args: "",
    says: "the signing keys, newest first",
    async run({ database }) {
      return (await listKeys(database.read)).map(({ kid, createdAt }) => ({ kid, createdAt }));
    },
  },
  "keys rotate": {
    args: "",
    says: "makes a signing key, which signs after ten minutes; nobody is signed out",
    run: async ({ keyring }) => ({ kid: await keyring.rotateNow() }),
  },
  "keys revoke": {
    args: "<kid>",
    says: "has all tokens of a signing key refused: everybody's devices refresh theirs",
    isDestructive: true,
    async run({ keyring }, [kid = ""]) {
      await keyring.revoke(kid);
      return { revoked: kid };
    },
  },
  "keys rewrap": {
    args: "",
    says: "seals anew, under KISMET_KEY_ENCRYPTION_SECRET, what another secret sealed",
    run: async (deps) => ({ sealedAnew: await rewrapSecrets(deps) }),
  },
  "audit verify": {
    args: "[--head <seq>:<digest>]",
    says: "follows the audit chain, and names the first broken link; a head from log or stream shows a cut-off end",
    async run({ audit }, _words, { head }) {
      const result = await audit.verify(head === undefined ? [] : [headOf(head)]);
      if (result.broken) throw new ChainBroken(`row ${result.broken.seq} is ${result.broken.fault}`);
      return result;
    },
  },
};

export async function accountOf({ database }: AdminDeps, who = ""): Promise<StoredAccount> {
  const found = who.includes("@")
    ? await findAccountByEmail(database.read, normaliseEmail(who))
    : /^[0-9a-f-]{36}$/i.test(who)
      ? await findAccount(database.read, who)
      : undefined;
  if (!found) throw new NotFound(`There is no account "${who}": give a member id or an e-mail address.`);
  return found;
}

async function changeRoles(
  deps: AdminDeps,
  who: string | undefined,
  role: string | undefined,
  change: (roles: Member["roles"], role: Member["roles"][number]) => Member["roles"],
): Promise<unknown> {
  if (!Value.Check(Role, role))
    throw new UsageError(`"${role ?? ""}" is no role: moderator, support or admin.`);
  const { memberId, roles } = await accountOf(deps, who);
  const next = change(roles, role);
  await setRoles(deps, memberId, next, null);
  return { memberId, roles: next };
}

async function changeStatus(deps: AdminDeps, who: string | undefined, change: object): Promise<unknown> {
  if (!Value.Check(StandingChangeSchema, change))
    throw new UsageError("A reason, --until or --comment is missing, or is none that there is.");
  const { memberId } = await accountOf(deps, who);
  await changeStanding(deps, memberId, change satisfies StandingChange, { memberId: null, isAdmin: true });
  return { memberId, status: (await accountOf(deps, memberId)).status };
}

function headOf(text: string): AuditHead {
  const [, seq, digest] = /^(\d+):([\w-]+)$/.exec(text) ?? [];
  if (seq === undefined || digest === undefined)
    throw new UsageError("--head is <seq>:<digest>, as the log tells it.");
  return { seq: Number(seq), digest };
}

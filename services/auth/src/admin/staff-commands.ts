import { Day, Email, type Member, Role, SignupRequest } from "@kismet/contracts";
import { Value } from "typebox/value";
import { findAccount, listStaff } from "../accounts/accounts-repository.ts";
import { normaliseEmail } from "../accounts/normalise-email.ts";
import { createStaff } from "../staff/create-staff.ts";
import { mayHaveRoles } from "../staff/decide-roles.ts";
import { setRoles } from "../staff/set-roles.ts";
import { accountOf, type AdminDeps, type Command, Refused, UsageError } from "./command.ts";

type StaffRole = Member["roles"][number];

export const staffCommands: Record<string, Command> = {
  "staff list": {
    args: "",
    says: "everybody who has a role",
    async run({ database }) {
      const found = await Promise.all(
        (await listStaff(database.read)).map((id) => findAccount(database.read, id)),
      );
      return found
        .filter((account) => account !== undefined)
        .map(({ memberId, email, roles, status }) => ({ memberId, email, roles, status }));
    },
  },
  "staff create": {
    args: "<email> <role> --born <day> [--locale <tag>]",
    says:
      "makes an account for somebody new with the role moderator, support or admin, and mails them an invitation to set a " +
      "password; the role counts once they sign in with a second factor. Born 1990-12-31; en, de, fr or ar",
    isDestructive: true,
    async run(deps, [address = "", role], { born, locale = "en" }) {
      if (!Value.Check(Email, address)) throw new UsageError(`"${address}" is no e-mail address.`);
      if (!Value.Check(Day, born))
        throw new UsageError(`--born "${born ?? ""}" is no day: give it like 1990-12-31.`);
      if (!Value.Check(SignupRequest.properties.locale, locale))
        throw new UsageError(`--locale "${locale}" is no language: en, de, fr or ar.`);
      const email = normaliseEmail(address);
      return createStaff(deps, { email, role: roleOf(role), birthDate: born, locale });
    },
  },
  "staff grant": {
    args: "<member> <role>",
    says: "gives a member the role moderator, support or admin",
    hasMember: true,
    isDestructive: true,
    run: (deps, [who, role]) =>
      changeRoles(deps, who, role, (roles, one) => (roles.includes(one) ? undefined : [...roles, one])),
  },
  "staff revoke": {
    args: "<member> <role>",
    says: "takes it away",
    hasMember: true,
    isDestructive: true,
    run: (deps, [who, role]) =>
      changeRoles(deps, who, role, (roles, one) =>
        roles.includes(one) ? roles.filter((other) => other !== one) : undefined,
      ),
  },
};

function roleOf(role: string | undefined): StaffRole {
  if (!Value.Check(Role, role))
    throw new UsageError(`"${role ?? ""}" is no role: moderator, support or admin.`);
  return role;
}

/** Nothing from `change` says that nothing is to be changed: the member's sessions need not end for that. */
async function changeRoles(
  deps: AdminDeps,
  who: string | undefined,
  name: string | undefined,
  change: (roles: StaffRole[], role: StaffRole) => StaffRole[] | undefined,
): Promise<unknown> {
  const role = roleOf(name);
  const account = await accountOf(deps, who);
  const { memberId, roles, status } = account;
  const next = change(roles, role);
  if (!next) throw new Refused(`The roles of this member are: ${roles.join(", ") || "none"}.`);
  if (!mayHaveRoles(account, next))
    throw new Refused(`The account is ${status}: only an active one can be given a role.`);
  await setRoles(deps, memberId, next, null);
  return { memberId, roles: next };
}

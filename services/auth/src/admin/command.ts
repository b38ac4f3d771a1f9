import { Uuid } from "@kismet/contracts";
import type { Audit } from "@kismet/database";
import { NotFound } from "@kismet/service-kit";
import { Value } from "typebox/value";
import { findAccount, findAccountByEmail, type StoredAccount } from "../accounts/accounts-repository.ts";
import { normaliseEmail } from "../accounts/normalise-email.ts";
import type { Keyring } from "../keys/keyring.ts";
import type { MailLinks } from "../letters/mail-links.ts";
import type { Sealing } from "../secrets/sealing.ts";
import type { StandingDeps } from "../standing/restrict-account.ts";

export type AdminDeps = StandingDeps & {
  keyring: Keyring;
  sealing: Sealing;
  audit: Audit;
  links: MailLinks;
  minimumAge: number;
  undoHours: number;
  /** Who sits at the shell, as the trail names them. */
  operator: string;
};

export const optionNames = [
  "until",
  "statement",
  "comment",
  "head",
  "born",
  "locale",
  "reason",
  "reference",
] as const;
export type Flags = Partial<Record<(typeof optionNames)[number], string>>;

/** What the operator can mend by saying it otherwise. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What was understood, and is not done. */
export class Refused extends Error {
  override readonly name = "Refused";
}

/** The chain does not hold. */
export class ChainBroken extends Error {
  override readonly name = "ChainBroken";
}

export type Command = {
  /** Of its words after the name, as the help shows them and as they are held to. */
  args: string;
  says: string;
  /** Asks before it is done. */
  isDestructive?: boolean;
  /** Its first word names a member, who is then the subject of the audit row. */
  hasMember?: boolean;
  run(deps: AdminDeps, words: string[], flags: Flags): Promise<unknown>;
};

export async function accountOf({ database }: Pick<AdminDeps, "database">, who = ""): Promise<StoredAccount> {
  const found = who.includes("@")
    ? await findAccountByEmail(database.read, normaliseEmail(who))
    : Value.Check(Uuid, who)
      ? await findAccount(database.read, who)
      : undefined;
  if (!found) throw new NotFound(`There is no account "${who}": give a member id or an e-mail address.`);
  return found;
}

import { findAccount, lockAccount, type StoredAccount } from "../accounts/accounts-repository.ts";
import { isEqual } from "../secrets/digests.ts";
import { idOfToken } from "../secrets/id-of-token.ts";
import { possibleProofs } from "../signin/decide-step-up.ts";
import { factorsOf } from "../signin/factors-repository.ts";
import { checkPassword } from "../signin/log-in.ts";
import type { SignInDeps } from "../signin/sign-in-deps.ts";
import type { SignInDevice } from "../signin/sign-in-device.ts";
import type { Reads } from "../storage.ts";
import { archiveTokenOf } from "./archive-tokens.ts";
import { findExportOfToken } from "./exports-repository.ts";
import { openArchive, type OpenArchive } from "./open-archive.ts";
import { isReady, type ReadyArchive } from "./status-of-export.ts";

type Linked = { archive: ReadyArchive; account: StoredAccount };

export async function findArchiveOfLink(
  { digests, clock }: SignInDeps,
  reads: Reads,
  token: string,
): Promise<Linked | undefined> {
  const id = idOfToken(token);
  const archive = id === undefined ? undefined : await findExportOfToken(reads, id);
  if (!archive || !isReady(archive, clock.now())) return undefined;
  const account = await findAccount(reads, archive.memberId);
  // Whatever became of the account: who is banned, or about to leave, may take what is theirs.
  return account && isEqual(token, archiveTokenOf(digests, archive, account))
    ? { archive, account }
    : undefined;
}

/** As where the app asks for fresh authentication: mailbox and password are no way around a second factor. */
export async function isPasswordEnough(reads: Reads, { memberId }: StoredAccount): Promise<boolean> {
  return possibleProofs(await factorsOf(reads, memberId)).includes("password");
}

/**
 * The link proves the mailbox, as a code by e-mail would, and the password the rest: what a sign-in at a new device asks
 * for. A wrong one is a guess at that sign-in.
 */
export async function fetchByLink(
  deps: SignInDeps,
  token: string,
  password: string,
  device: SignInDevice,
): Promise<OpenArchive | "wrong" | "not enough" | "gone"> {
  const { database } = deps;
  const found = await findArchiveOfLink(deps, database.read, token);
  if (!found) return "gone";
  const { email, memberId } = found.account;
  if (!(await isPasswordEnough(database.read, found.account))) return "not enough";
  const guessed = { action: "auth.export.fetch", details: { exportId: found.archive.id } } as const;
  const known = await checkPassword(deps, { email, password }, device, guessed);
  if (!known) return "wrong";
  return database.transaction(async (tx) => {
    // Password, factors and address may have been changed since they were read.
    const account = await lockAccount(tx, memberId);
    const still = await findArchiveOfLink(deps, tx, token);
    if (!account || !still) return "gone";
    if (account.passwordHash !== known.passwordHash) return "wrong";
    if (!(await isPasswordEnough(tx, account))) return "not enough";
    return openArchive(deps, tx, still.archive, { kind: "member", memberId });
  });
}

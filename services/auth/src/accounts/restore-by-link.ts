import type { Clock } from "@kismet/service-kit";
import type { Digests } from "../secrets/digests.ts";
import { idOfToken } from "../secrets/id-of-token.ts";
import type { AuthDatabase } from "../storage.ts";
import { findAccount, type StoredAccount } from "./accounts-repository.ts";
import { restoreAccount } from "./delete-account.ts";
import { isRestoreTokenOf } from "./restore-tokens.ts";

type Deps = { database: AuthDatabase; clock: Clock; digests: Digests };

export async function findAccountOfRestoreLink(
  { database, digests, clock }: Deps,
  token: string,
): Promise<StoredAccount | undefined> {
  const memberId = idOfToken(token);
  const account = memberId === undefined ? undefined : await findAccount(database.read, memberId);
  return account && isRestoreTokenOf(digests, token, account, clock.now()) ? account : undefined;
}

/** Whether there was something to take back. */
export async function restoreByLink(deps: Deps, token: string): Promise<boolean> {
  const memberId = idOfToken(token);
  if (memberId === undefined) return false;
  return restoreAccount(deps, memberId, (locked) =>
    isRestoreTokenOf(deps.digests, token, locked, deps.clock.now()),
  );
}

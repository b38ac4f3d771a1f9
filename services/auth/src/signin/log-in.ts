import type { SignInAnswer } from "@kismet/contracts";
import { type AuditRecord, recordAudit } from "@kismet/database";
import { findAccountByEmail, type StoredAccount, updateAccount } from "../accounts/accounts-repository.ts";
import { normaliseEmail } from "../accounts/normalise-email.ts";
import { CredentialsWrong } from "../sessions/session-errors.ts";
import { completeSignIn } from "./complete-sign-in.ts";
import { deviceOfToken } from "./known-devices.ts";
import type { SignInDeps } from "./sign-in-deps.ts";
import type { SignInDevice } from "./sign-in-device.ts";

type Login = { email: string; password: string };

/**
 * Only who is verified has a password: else signing up with somebody's address, and in with it, would tell whether it was
 * free. Verification opens the first session.
 */
export async function logIn(deps: SignInDeps, login: Login, device: SignInDevice): Promise<SignInAnswer> {
  const { hasher } = deps;
  const guessed = { action: "auth.sign-in", details: { method: "password" } } as const;
  const known = await checkPassword(deps, login, device, guessed);
  if (!known) throw new CredentialsWrong();
  const rehashed = hasher.isOutdated(known.passwordHash) ? await hasher.hash(login.password) : undefined;
  return completeSignIn(deps, {
    memberId: known.memberId,
    method: "password",
    device,
    async confirm(tx, account) {
      // The password may have been changed since it was read: the old one must not open a session after that.
      if (account.passwordHash !== known.passwordHash) throw new CredentialsWrong();
      if (rehashed) await updateAccount(tx, account.memberId, { passwordHash: rehashed });
    },
  });
}

/** Whose password it is. A wrong one is counted, and recorded as a refusal of what was `guessed` for. */
export async function checkPassword(
  deps: SignInDeps,
  login: Login,
  device: SignInDevice,
  guessed: Pick<AuditRecord, "action" | "details">,
): Promise<StoredAccount | undefined> {
  const { database, hasher, guard } = deps;
  const email = normaliseEmail(login.email);
  const found = await findAccountByEmail(database.read, email);
  // As if it had no account: the same steps, the same answer.
  const known = found?.status === "unverified" ? undefined : found;
  const before = await deviceOfToken(database.read, deps.digests, device.token);
  const deviceId = before?.memberId === known?.memberId ? before?.id : undefined;
  const at = { what: "sign-in", email, deviceId, address: device.address } as const;
  // Outside of a transaction: it takes long on purpose.
  return guard.attempt(at, async () => {
    if (await hasher.verify(known?.passwordHash, login.password)) return known;
    await recordAudit(database.read, {
      ...guessed,
      outcome: "refused",
      actor: { kind: "stranger" },
      subject: known?.memberId,
    });
    return undefined;
  });
}

import type { Challenge, FirstProof, Session, SignInAnswer, SignInMethod } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import { lockAccount, type StoredAccount } from "../accounts/accounts-repository.ts";
import { newSignInMail } from "../letters/mails/new-sign-in-mail.ts";
import { answerOf, openSession } from "../sessions/open-session.ts";
import type { StoredSession } from "../sessions/sessions-repository.ts";
import type { Tx } from "../storage.ts";
import { openChallenge } from "./challenges.ts";
import { decideSignIn, isFamiliar } from "./decide-sign-in.ts";
import { factorsOf } from "./factors-repository.ts";
import { recallWhereabouts, rememberWhereabouts, type Whereabouts } from "./known-devices.ts";
import type { SignInDeps } from "./sign-in-deps.ts";
import type { SignInDevice } from "./sign-in-device.ts";
import { SignInRefused } from "./sign-in-errors.ts";

export type Proven = {
  memberId: string;
  method: FirstProof;
  device: SignInDevice;
  /** What must still be so under the account's lock, or is to be written with it; throws to refuse. */
  confirm?: (tx: Tx, account: StoredAccount) => Promise<void>;
};

/** A session that is open, and what its client is told of it beside the tokens. */
export type Admitted = { session: StoredSession; account: StoredAccount; deviceToken?: string | undefined };

/**
 * The only way from a first proof (a password, an e-mailed code, a passkey, a provider's word) to a session, or to the
 * challenge that stands before it.
 */
export async function completeSignIn(deps: SignInDeps, proven: Proven): Promise<SignInAnswer> {
  const { memberId, method, device } = proven;
  const outcome = await deps.database.transaction(async (tx): Promise<Challenge | Admitted> => {
    const account = await lockAccount(tx, memberId);
    if (!account) throw new SignInRefused();
    await proven.confirm?.(tx, account);
    const whereabouts = await recallWhereabouts(tx, deps, memberId, device);
    const { familiarity } = whereabouts;
    const kinds = decideSignIn({ method, familiarity, ...(await factorsOf(tx, memberId)) });
    if (kinds.length === 0) return admit(tx, deps, { account, methods: [method], device, whereabouts });
    return openChallenge(tx, deps, { purpose: "sign-in", account, kinds, method, device, whereabouts });
  });
  return "challenge" in outcome ? outcome : answerAdmitted(deps, outcome);
}

/** Opens the session, under the account's lock, once all is proven that was asked for. */
export async function admit(
  tx: Tx,
  deps: SignInDeps,
  admission: {
    account: StoredAccount;
    methods: SignInMethod[];
    device: SignInDevice;
    whereabouts: Whereabouts;
  },
): Promise<Admitted> {
  const { account, methods, device, whereabouts } = admission;
  const { memberId } = account;
  // Whoever signed up with an address has not shown that it is theirs.
  if (account.status === "unverified") throw new SignInRefused();
  await recordAudit(tx, {
    action: "auth.sign-in",
    actor: { kind: "member", memberId },
    details: { methods, country: whereabouts.place.country },
  });
  const { clock, rules, letterbox } = deps;
  const now = clock.now();
  const country = whereabouts.place.country;
  const remembered = { device: whereabouts.device, place: whereabouts.place, name: device.name };
  const { deviceToken, deviceId, deviceName } = await rememberWhereabouts(tx, deps, memberId, remembered);
  const session = await openSession(tx, {
    memberId,
    deviceName: deviceName ?? undefined,
    deviceId,
    methods,
    place: country,
    now,
    rules,
  });
  if (!isFamiliar(whereabouts.familiarity)) {
    const seen = { device: deviceName, country: country === "local" ? null : country, at: now };
    await letterbox.post(tx, { kind: "mail", mail: newSignInMail(account, seen) });
  }
  return { account, session, deviceToken };
}

export async function answerAdmitted(
  deps: SignInDeps,
  { session, account, deviceToken }: Admitted,
): Promise<Session> {
  const answer = await answerOf(deps, session, account);
  return deviceToken === undefined ? answer : { ...answer, deviceToken };
}

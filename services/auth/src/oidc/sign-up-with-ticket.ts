import { randomUUIDv7 } from "node:crypto";
import type { OidcSignUp, Session } from "@kismet/contracts";
import { dayOf } from "@kismet/service-kit";
import { insertAccount, lockAccountByEmail, lockAddress } from "../accounts/accounts-repository.ts";
import { normaliseEmail } from "../accounts/normalise-email.ts";
import { ruleOf } from "../age/jurisdictions.ts";
import { undoableSince } from "../email/decide-email-change.ts";
import { isAddressKept } from "../email/email-changes-repository.ts";
import { isEqual } from "../secrets/digests.ts";
import { admit, type Admitted, answerAdmitted } from "../signin/complete-sign-in.ts";
import { recallWhereabouts } from "../signin/known-devices.ts";
import type { SignInDevice } from "../signin/sign-in-device.ts";
import { decideBirthDate } from "../signup/decide-birth-date.ts";
import { CodeInvalid } from "../signup/signup-errors.ts";
import { isBanned } from "../standing/ban-marks.ts";
import { activateAccount } from "../standing/activate-account.ts";
import type { Tx } from "../storage.ts";
import { insertIdentity } from "./identities-repository.ts";
import { type OidcDeps, ticketCodeHashOf, ticketHashOf } from "./oidc-deps.ts";
import { EmailNeeded, IdentityTaken, TicketInvalid } from "./oidc-errors.ts";
import {
  findTicket,
  lockTicket,
  type StoredTicket,
  takeTicket,
  takeTicketTry,
  updateTicket,
} from "./tickets-repository.ts";

const defaultLocale = "en";

type Applicant = {
  birthDate: string;
  locale: string;
  acceptedTermsVersion: string;
  jurisdiction: string | null;
};

/**
 * What a provider does not say: when somebody was born, and that they accept the terms. With an address that the provider
 * has verified they are signed in; any other gets a code first, and undefined is given.
 */
export async function signUpWithTicket(
  deps: OidcDeps,
  request: OidcSignUp,
  device: SignInDevice,
): Promise<Session | undefined> {
  const { database, digests, clock, letterbox } = deps;
  const { birthDate, locale = defaultLocale, acceptedTermsVersion, jurisdiction = null } = request;
  const minimumAge = Math.max(deps.minimumAge, ruleOf(jurisdiction).minimumAge);
  const now = clock.now();
  decideBirthDate(birthDate, dayOf(now), minimumAge);
  const tokenHash = ticketHashOf(digests, request.ticket);
  const ticket = await findTicket(database.read, tokenHash, now);
  if (!ticket) throw new TicketInvalid();
  const applicant = { birthDate, locale, acceptedTermsVersion, jurisdiction };
  const given = request.email === undefined ? undefined : normaliseEmail(request.email);
  const email = given ?? ticket.email;
  if (email === null) throw new EmailNeeded();
  if (ticket.emailVerified && email === ticket.email) {
    const admitted = await database.transaction((tx) =>
      open(tx, deps, { tokenHash, email, applicant, device }),
    );
    return answerAdmitted(deps, admitted);
  }
  await database.transaction(async (tx) => {
    if (!(await lockTicket(tx, tokenHash, now))) throw new TicketInvalid();
    // What the provider has verified was another address; a code for an earlier one is no longer good.
    await updateTicket(tx, tokenHash, { ...applicant, email, emailVerified: false, codeHash: null });
    await letterbox.post(tx, { kind: "oidc-code", ticket: tokenHash });
  });
  return undefined;
}

/** The code that went to the address, with the ticket: whoever has only the code opens nothing with it. */
export async function verifyTicket(
  deps: OidcDeps,
  { ticket: token, code }: { ticket: string; code: string },
  device: SignInDevice,
): Promise<Session> {
  const { database, digests, clock, codeSeconds } = deps;
  const now = clock.now();
  const tokenHash = ticketHashOf(digests, token);
  const ticket = await takeTicketTry(database, tokenHash, now);
  const applicant = ticket && applicantOf(ticket);
  if (!ticket?.email || !applicant || !ticket.codeHash || !ticket.codeSentAt) throw new CodeInvalid();
  const isOld = now.getTime() - ticket.codeSentAt.getTime() >= codeSeconds * 1_000;
  if (isOld || !isEqual(ticket.codeHash, ticketCodeHashOf(digests, tokenHash, code))) throw new CodeInvalid();
  const { email, codeHash } = ticket;
  const admitted = await database.transaction((tx) =>
    open(tx, deps, { tokenHash, email, applicant, device, codeHash }),
  );
  return answerAdmitted(deps, admitted);
}

function applicantOf(ticket: StoredTicket): Applicant | undefined {
  const { birthDate, locale, acceptedTermsVersion, jurisdiction } = ticket;
  if (birthDate === null || locale === null || acceptedTermsVersion === null) return undefined;
  return { birthDate, locale, acceptedTermsVersion, jurisdiction };
}

type Opening = {
  tokenHash: string;
  email: string;
  applicant: Applicant;
  device: SignInDevice;
  /** Of the code that was right: another one may have been asked for since. */
  codeHash?: string;
};

/** Uses the ticket up, unless the address has an account: then it can still be linked. */
async function open(tx: Tx, deps: OidcDeps, opening: Opening): Promise<Admitted> {
  const { tokenHash, email, applicant, device, codeHash } = opening;
  const now = deps.clock.now();
  const ticket = await takeTicket(tx, tokenHash, now);
  if (!ticket || (codeHash !== undefined && ticket.codeHash !== codeHash)) throw new TicketInvalid();
  // As if the ticket were too old: who is banned is not told.
  if (await isBanned(tx, deps.digests, email)) throw new TicketInvalid();
  await lockAddress(tx, email);
  const memberId = randomUUIDv7();
  const shell = {
    ...applicant,
    memberId,
    email,
    passwordHash: null,
    status: "unverified",
    createdAt: now,
  } as const;
  await insertAccount(tx, shell);
  const account = await lockAccountByEmail(tx, email);
  if (account?.status !== "unverified") throw new TicketInvalid();
  // Looked at now: its member may have been leaving it while the account was made.
  if (await isAddressKept(tx, { email, since: undoableSince(now, deps.undoHours) }))
    throw new TicketInvalid();
  const active = await activateAccount(tx, account, now, { ...applicant, passwordHash: null });
  const { provider, subject, givenName } = ticket;
  const identity = await insertIdentity(tx, {
    id: randomUUIDv7(),
    memberId: account.memberId,
    provider,
    subject,
    email: ticket.email,
    givenName,
    createdAt: now,
    lastUsedAt: now,
  });
  if (!identity) throw new IdentityTaken();
  const whereabouts = await recallWhereabouts(tx, deps, account.memberId, device);
  return admit(tx, deps, { account: active, methods: ["oidc"], device, whereabouts });
}

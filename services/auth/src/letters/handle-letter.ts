import { makeEmailChange } from "../email/make-email-change.ts";
import { makeTicketCode } from "../oidc/make-ticket-code.ts";
import { makeResetToken } from "../password/make-reset-token.ts";
import { type CodeDeps, renewCode } from "../signup/renew-code.ts";
import { makeChallengeCode } from "../signin/make-challenge-code.ts";
import { startSignup } from "../signup/start-signup.ts";
import type { Letter, Mail } from "./letter.ts";

/** Everything that depends on whether an address is known happens here, when nobody is waiting for an answer. */
export async function handleLetter(deps: CodeDeps, letter: Letter, id: string): Promise<Mail | undefined> {
  switch (letter.kind) {
    case "signup":
      return startSignup(deps, letter, id);
    case "resend-code":
      return renewCode(deps, letter, id);
    case "forgot-password":
      return makeResetToken(deps, letter, id);
    case "challenge-code":
      return makeChallengeCode(deps, letter, id);
    case "email-change":
      return makeEmailChange(deps, letter, id);
    case "oidc-code":
      return makeTicketCode(deps, letter, id);
    case "mail":
      return letter.mail;
  }
}

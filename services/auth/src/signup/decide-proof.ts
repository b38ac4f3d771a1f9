/** What is known of a sign-up that somebody wants to verify, and of who wants to. */
export type SignupFacts = {
  codeSentAt: Date;
  asker: string | null;
  triesLeft: number;
  othersTriesLeft: number;
  passwordTriesLeft: number;
};

/** Whether its link is still good: nobody guesses it, and with it the password is asked for. */
export function isLinkAlive(signup: SignupFacts, now: Date, codeSeconds: number): boolean {
  return signup.passwordTriesLeft > 0 && isYoung(signup, now, codeSeconds);
}

/** Whether its code is still good for who tries it: strangers elsewhere can't use up the tries from its own network. */
export function isCodeAlive(signup: SignupFacts, asker: string, now: Date, codeSeconds: number): boolean {
  const { triesLeft, othersTriesLeft, passwordTriesLeft } = signup;
  const left = signup.asker === asker ? triesLeft : othersTriesLeft;
  return left > 0 && passwordTriesLeft > 0 && isYoung(signup, now, codeSeconds);
}

/**
 * Whether the right code is not enough, since it proves that somebody reads the mailbox, and not that they signed up: where
 * others signed up with the address too, its owner may have typed in a code that one of them caused. The network from which
 * the sign-up came says whose it is, or else its password.
 */
export function isPasswordNeeded(signup: Pick<SignupFacts, "asker">, of: number, asker: string): boolean {
  return of > 1 && signup.asker !== asker;
}

function isYoung({ codeSentAt }: SignupFacts, now: Date, codeSeconds: number): boolean {
  return now.getTime() - codeSentAt.getTime() < codeSeconds * 1_000;
}

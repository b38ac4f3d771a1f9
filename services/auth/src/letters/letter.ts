/** What a letter is about; addresses as `normaliseEmail` gives them. */
export type Letter =
  | ({ kind: "signup"; email: string } & Applicant)
  | { kind: "resend-code"; email: string }
  | { kind: "forgot-password"; email: string }
  | { kind: "password-changed"; email: string }
  /** `email` and `network` where a code is asked for by address: whose it is, is found out by the postman. */
  | { kind: "challenge-code"; challengeId: string; email?: string; network?: string }
  | { kind: "new-sign-in"; email: string; deviceName: string | null; place: string | null; at: string };

/** What somebody says of themselves when they sign up. */
export type Applicant = {
  passwordHash: string;
  birthDate: string;
  locale: string;
  acceptedTermsVersion: string;
};

export type Mail = { to: string; subject: string; text: string };

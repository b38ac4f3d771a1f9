/** What a letter is about; addresses as `normaliseEmail` gives them. */
export type Letter =
  | ({ kind: "signup"; email: string } & Applicant)
  | { kind: "resend-code"; email: string }
  | { kind: "forgot-password"; email: string }
  | { kind: "password-changed"; email: string };

/** What somebody says of themselves when they sign up. */
export type Applicant = {
  passwordHash: string;
  birthDate: string;
  locale: string;
  acceptedTermsVersion: string;
};

export type Mail = { to: string; subject: string; text: string };

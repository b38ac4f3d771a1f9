/** What a letter is about; addresses as `normaliseEmail` gives them. */
export type Letter =
  /** `asker`: as `askerOf` gives it; a letter that was written by a version before has none. */
  | ({ kind: "signup"; email: string; asker?: string } & Applicant)
  | { kind: "resend-code"; email: string; asker?: string }
  /** `network`, here and below, is where somebody asks by address: whose it is, is found out by the postman. */
  | { kind: "forgot-password"; email: string; network?: string }
  | { kind: "challenge-code"; challengeId: string; email?: string; network?: string }
  /** `sessionId` is missing in one that was written by a version before. */
  | { kind: "email-change"; memberId: string; sessionId?: string; newEmail: string }
  /** For an address that no provider has verified; the ticket by its hash. */
  | { kind: "oidc-code"; ticket: string }
  /** Ready to go: for what does not depend on whether an address is known. */
  | { kind: "mail"; mail: Mail };

/** What somebody says of themselves when they sign up. */
export type Applicant = {
  passwordHash: string;
  birthDate: string;
  locale: string;
  acceptedTermsVersion: string;
  jurisdiction: string | null;
};

/** As `defineMail` renders it; with how long what it opens is good, in seconds from when it is posted, or until when. */
export type Mail = {
  to: string;
  language: string;
  subject: string;
  text: string;
  html: string;
  goodFor?: number | undefined;
  goodUntil?: string | undefined;
};

/** An account is one. */
export type Recipient = { email: string; locale: string };

import type { Html, Reader } from "@kismet/service-kit";

/** What a page asks before its button does anything. */
export type Form = {
  title: string;
  paragraphs: Html[];
  /** Whose account it is about, for who has several and for password managers. */
  address?: { label: string; email: string };
  password?: { label: string; hint?: string; autocomplete: "current-password" | "new-password" };
  button: string;
};

/** Done, or what is wrong with the password. */
export type Outcome = { done: { title: string; text: string } } | { fault: string };

/** A page that a link in a mail opens. Both refuse with `LinkGone` if the token is not good, or not any more. */
export type MailPage = {
  path: string;
  summary: string;
  /** Looks only: whoever scans mails for bad links opens them all. */
  show(token: string, reader: Reader): Promise<Form>;
  act(token: string, password: string, reader: Reader): Promise<Outcome>;
};

import type { Html, Reader } from "@kismet/service-kit";
import type { OpenArchive } from "../export/open-archive.ts";
import type { SignInDevice } from "../signin/sign-in-device.ts";

/** What a page asks before its button does anything; without one, it says what to do elsewhere. */
export type Form = {
  title: string;
  paragraphs: Html[];
  /** Whose account it is about, for who has several and for password managers. */
  address?: { label: string; email: string };
  password?: { label: string; hint?: string; autocomplete: "current-password" | "new-password" };
  button?: string;
};

/** Done; what was asked for; what is wrong with the password; or that something else is asked than the form did. */
export type Outcome =
  { done: { title: string; text: string } } | { file: OpenArchive } | { fault: string } | { shownAnew: true };

/** A page that a link in a mail opens. Both refuse with `LinkGone` if the token is not good, or not any more. */
export type MailPage = {
  path: string;
  summary: string;
  /** Of one whose button answers a file: its schema, and how long it may take. */
  file?: { answer: object; timeoutMs: number };
  /** Looks only: whoever scans mails for bad links opens them all. */
  show(token: string, reader: Reader): Promise<Form>;
  act(token: string, password: string, reader: Reader, device: SignInDevice): Promise<Outcome>;
};

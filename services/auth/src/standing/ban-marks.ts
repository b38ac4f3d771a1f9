import type { Digests } from "../secrets/digests.ts";
import type { Reads } from "../storage.ts";
import { hasBanMark } from "./standing-repository.ts";

/** Behind one mailbox there are as many addresses as one likes: what providers ignore is left out. */
export function mailboxOf(email: string): string {
  const at = email.lastIndexOf("@");
  const domain = email.slice(at + 1).replace(/^googlemail\.com$/, "gmail.com");
  const local = email.slice(0, at).replace(/\+.*$/, "");
  return `${domain === "gmail.com" ? local.replaceAll(".", "") : local}@${domain}`;
}

/** What a ban leaves behind when the account is erased: it tells nothing, and recognises the same mailbox. */
export function banMarkOf(digests: Digests, email: string): string {
  return digests.of("ban mark", mailboxOf(email));
}

/** Whoever signs up with it is not told; `email` as `normaliseEmail` gives it. */
export function isBanned(reads: Reads, digests: Digests, email: string): Promise<boolean> {
  return hasBanMark(reads, banMarkOf(digests, email));
}

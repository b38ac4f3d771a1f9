import { PasswordRefused } from "./password-errors.ts";

/** A name shorter than this is in too many good passwords. */
const minNameLength = 4;

/**
 * Refuses what is guessed first: common passwords and the member's own address (NIST SP 800-63B, 3.1.1.2). There are
 * no rules of composition.
 */
export function decidePassword(password: string, email: string, common: ReadonlySet<string>): void {
  const plain = comparable(password);
  if (common.has(plain)) throw new PasswordRefused("common");
  if (new Set(plain).size < 4) throw new PasswordRefused("repetitive");
  const address = comparable(email);
  const [name = ""] = address.split("@");
  if (plain.includes(address) || (name.length >= minNameLength && plain.includes(name)))
    throw new PasswordRefused("address_in_it");
}

/** What looks the same is the same, however it was typed. */
function comparable(text: string): string {
  return text.normalize("NFKC").toLowerCase().normalize("NFKC");
}

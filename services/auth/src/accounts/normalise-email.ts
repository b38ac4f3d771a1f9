import { domainToASCII, domainToUnicode } from "node:url";
import { normaliseText } from "@kismet/service-kit";

/**
 * Addresses that differ in case only belong to one person at every provider that members use. A domain has one spelling,
 * that which people read: `BÜCHER.example` and `xn--bcher-kva.example` are one (UTS #46). What is before the `@` may be in any
 * script (RFC 6531) and is left to its provider, but for case and Unicode's normal form.
 */
export function normaliseEmail(email: string): string {
  const text = normaliseText(email).toLowerCase();
  const at = text.lastIndexOf("@");
  const domain = domainToUnicode(domainToASCII(text.slice(at + 1)));
  // One that is no domain at all gets no mail, and so belongs to nobody.
  return domain === "" ? text : `${text.slice(0, at)}@${domain}`;
}

import type { Member, SignInMethod } from "@kismet/contracts";

/** A passkey is both factors; a code from an authenticator is the second. */
const strong = new Set<SignInMethod>(["passkey", "totp"]);

/** A session that was opened by one factor alone has no roles, whoever it is of: a password that leaks opens no staff route. */
export function decideTokenRoles(roles: Member["roles"], methods: readonly SignInMethod[]): Member["roles"] {
  return methods.some((method) => strong.has(method)) ? roles : [];
}

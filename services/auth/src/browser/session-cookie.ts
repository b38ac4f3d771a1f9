import { readRefreshToken } from "../sessions/refresh-tokens.ts";

/** The prefix binds it to this very host, over TLS, with every path: no sibling of the host can plant one. */
export const sessionCookie = "__Host-kismet-session";

const attributes = "Path=/; Secure; HttpOnly; SameSite=Strict";

export function cookieOf(refreshToken: string, maxAgeSeconds: number): string {
  return `${sessionCookie}=${refreshToken}; Max-Age=${maxAgeSeconds}; ${attributes}`;
}

export const forgottenCookie = `${sessionCookie}=; Max-Age=0; ${attributes}`;

export type PresentedCookie = { refreshToken: string; sessionId: string };

/** The session that a `Cookie` header presents. Two of one name are none: which of them counts would be anybody's guess. */
export function readSessionCookie(header: string | undefined): PresentedCookie | undefined {
  const given = (header ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${sessionCookie}=`))
    .map((pair) => pair.slice(sessionCookie.length + 1));
  const [refreshToken] = given;
  if (refreshToken === undefined || given.length > 1) return undefined;
  const read = readRefreshToken(refreshToken);
  return read && { refreshToken, sessionId: read.sessionId };
}

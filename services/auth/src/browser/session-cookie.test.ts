import { test } from "tap";
import { cookieOf, readSessionCookie, sessionCookie } from "./session-cookie.ts";

const sessionId = "01935b2e-7f3a-7000-8000-0123456789ab";
const token = `${sessionId}.3.${"x".repeat(43)}`;

test("A18 the cookie is bound to the host and out of reach of scripts", async (t) => {
  const [pair, ...attributes] = cookieOf(token, 60).split("; ");
  t.equal(pair, `__Host-kismet-session=${token}`);
  t.same(attributes.sort(), ["HttpOnly", "Max-Age=60", "Path=/", "SameSite=Strict", "Secure"]);
});

test("A18 only one well-formed cookie of this very name is read", async (t) => {
  const good = { refreshToken: token, sessionId };
  const table: [header: string | undefined, read: typeof good | undefined][] = [
    [`${sessionCookie}=${token}`, good],
    [`a=1; ${sessionCookie}=${token};b=2`, good],
    [undefined, undefined],
    ["", undefined],
    [`${sessionCookie}=`, undefined],
    [`${sessionCookie}=made-up`, undefined],
    [`${sessionCookie}=${token}; ${sessionCookie}=${token}`, undefined],
    [`${sessionCookie.toLowerCase()}=${token}`, undefined],
    [`x${sessionCookie}=${token}`, undefined],
    [`kismet-session=${token}`, undefined],
    [`a="${sessionCookie}=${token}"`, undefined],
  ];
  for (const [header, read] of table) t.same(readSessionCookie(header), read, header ?? "none");
});

import { createWorld, newId, routesOfAnyStatus } from "@kismet/testing";
import t from "tap";
import { call, goodPassword, newMember, refresh, startAuth, startMail } from "./auth-world.ts";

t.setTimeout(60_000);

const [world, mail] = await Promise.all([createWorld(t, { realAuth: true }), startMail(t)]);
const auth = await startAuth(t, world, mail, { codeIntervalMs: 0 });
const statusOf = async (email: string) =>
  (await world.sql<{ status: string }>("SELECT status FROM auth.accounts WHERE email = $1", [email]))[0]
    ?.status;

/** What the routes take that take anything. */
const bodies: Record<string, object> = {
  "POST /v1/auth/age/checks": { method: "estimation" },
  "PUT /v1/auth/age/jurisdiction": { jurisdiction: "GB" },
  "POST /v1/auth/me/appeals": { text: "It was not me, somebody took my photos." },
  "POST /v1/auth/password/change": { currentPassword: goodPassword, newPassword: "a-third-good-one-5" },
  "POST /v1/auth/step-up": { kind: "password", password: goodPassword },
};
/** After these the token is good no more. */
const last = ["POST /v1/auth/password/change", "POST /v1/auth/logout", "POST /v1/auth/logout-all"];

await t.test(
  "A17 whatever its holder asks for, an account whose address nobody has proven stays unverified",
  async (t) => {
    const { email, session } = await newMember(auth, mail);
    await world.sql("UPDATE auth.accounts SET status = 'unverified' WHERE email = $1", [email]);
    const routes = routesOfAnyStatus("auth").filter((route) => !last.includes(route));
    t.ok(routes.includes("DELETE /v1/auth/me") && routes.includes("POST /v1/auth/me/restore"));
    // Twice, so that each comes once before and once after each other.
    for (const route of [...routes, ...routes, ...last]) {
      const [method, path = ""] = route.split(" ") as ["GET" | "POST" | "PUT" | "DELETE", string];
      const body = bodies[route];
      const answer = await call(auth, method, path.replace(":id", newId()), {
        token: session.accessToken,
        ...(body ? { body } : {}),
      });
      if (!last.includes(route))
        t.notOk([400, 401, 429].includes(answer.status) || answer.status >= 500, `${route} is tried`);
      t.equal(await statusOf(email), "unverified", `${route} answers ${answer.status}`);
    }
    t.same(await world.sql("SELECT 1 FROM auth.exports"), [], "nor is anything of it given out");
    t.equal((await refresh(auth, session.refreshToken)).status, 401);
  },
);

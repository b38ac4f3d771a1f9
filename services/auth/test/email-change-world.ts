import assert from "node:assert/strict";
import type { Challenge } from "@kismet/contracts";
import { createWorld, eventually } from "@kismet/testing";
import type { Test } from "tap";
import { call, newMember, patience, startAuth, startMail } from "./auth-world.ts";
import { linkTo, open, press } from "./page-client.ts";

/** Real auth and a mailbox, and what tests of changed addresses do again and again. */
export async function createEmailChangeWorld(t: Test) {
  const [world, mail] = await Promise.all([createWorld(t, { realAuth: true }), startMail(t)]);
  const auth = await startAuth(t, world, mail, { codeIntervalMs: 0 });
  const valueOf = async (sql: string, ...values: unknown[]) =>
    (await world.sql<{ value: string }>(sql, values))[0]?.value;
  return {
    world,
    mail,
    auth,
    change: (token: string, newEmail: string) =>
      call(auth, "POST", "/v1/auth/email/change", { token, body: { newEmail } }),
    confirm: (token: string, code: string) =>
      call(auth, "POST", "/v1/auth/email/confirm", { token, body: { code } }),
    addressOf: (memberId: string) =>
      valueOf("SELECT email AS value FROM auth.accounts WHERE member_id = $1", memberId),
    holderOf: async (email: string) =>
      (await valueOf("SELECT member_id AS value FROM auth.accounts WHERE email = $1", email)) ?? "",
    async memberOf() {
      const { email, session } = await newMember(auth, mail);
      return { email, token: session.accessToken, id: session.memberId, session };
    },
    /** All that was posted has been carried. */
    quiet: () =>
      eventually(async () => {
        const [row] = await world.sql<{ n: number }>("SELECT count(*)::int AS n FROM auth.letters");
        assert.equal(row?.n, 0);
      }, patience),
    async askCode(email: string) {
      const { body } = await call<Challenge>(auth, "POST", "/v1/auth/code/request", { body: { email } });
      return body.challenge.id;
    },
    answerCode: (id: string, code: string) =>
      call(auth, "POST", "/v1/auth/challenge", { body: { id, kind: "email_code", code } }),
    reset: (email: string, count: number) =>
      linkTo(mail, email, count)
        .then((link) => open(auth, link))
        .then((page) => press(auth, page, { password: "chosen-once-more-3" })),
  };
}

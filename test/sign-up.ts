import assert from "node:assert/strict";
import type { Session } from "@kismet/contracts";
import type { MailCatcher } from "@kismet/dev";
import { eventually, newId, type System } from "@kismet/testing";
import { type Answer, SystemMember } from "./member.ts";

export type Credentials = { email: string; password: string; birthDate: string };

export type Account = { member: SystemMember; session: Session; credentials: Credentials; code: string };

/** Asks without a token. */
export async function ask<Body = object>(url: string, path: string, body?: unknown): Promise<Answer<Body>> {
  return new SystemMember(url, { id: "nobody", token: "" }).call<Body>("POST", path, body);
}

/** An account of the real auth, verified by the code that came by mail. */
export async function signUp(system: System, given: Partial<Credentials> = {}): Promise<Account> {
  const { mail, url } = system;
  assert.ok(mail, "mail arrives only where auth is real");
  const credentials = {
    email: `${newId()}@mail.test`,
    password: `${newId()} opens it`,
    birthDate: "1995-04-01",
    ...given,
  };
  const signup = await ask(url, "/v1/auth/signup", { ...credentials, acceptedTermsVersion: "2026-01" });
  assert.equal(signup.status, 202);
  const code = /(?<![\w-])\d{6}(?![\w-])/.exec(await mailTo(mail, credentials.email))?.[0] ?? "";
  const { email } = credentials;
  const verified = await ask<Session>(url, "/v1/auth/verify-email", { email, code });
  assert.equal(verified.status, 200);
  const session = verified.body;
  const member = new SystemMember(url, { id: session.memberId, token: session.accessToken });
  return { member, session, credentials, code };
}

type Mail = { text?: string; to?: { address: string }[] };

/** The text of the newest mail to an address that says what is looked for, once it has come. */
export async function mailTo(mail: MailCatcher, address: string, saying = /./): Promise<string> {
  return eventually(
    async () => {
      const mails = (await (await fetch(`${mail.url}/api/email`)).json()) as Mail[];
      const text = mails
        .filter(({ to }) => to?.some((one) => one.address === address))
        .findLast((each) => saying.test(each.text ?? ""))?.text;
      assert.ok(text, `no such mail to ${address}`);
      return text;
    },
    { timeoutMs: 20_000, everyMs: 50 },
  );
}

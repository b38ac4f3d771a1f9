import type { PasskeyCreationOptions, PasskeyRequestOptions, Session } from "@kismet/contracts";
import type { Cast } from "../cast.ts";
import { expectEqual } from "../expect.ts";
import type { Person } from "../person.ts";
import { SoftwareAuthenticator } from "../software-authenticator.ts";

const path = "/v1/auth/passkeys";
type Question<O> = { id: string; options: O };

/** Without a password: by a code in the mail, and by a passkey, whose owner nobody has to name. */
export async function tellWaysIn({ ada, mailbox, narrator }: Cast): Promise<void> {
  narrator.chapter("Ways in");
  await narrator.step("Ada signs in by a code in her mail, which is good once", async () => {
    const asked = await ada.gateway.ask("POST", "/v1/auth/code/request", { body: { email: ada.email } });
    const { challenge } = asked.as<{ challenge: { id: string } }>(202);
    const code = await codeIn(ada, mailbox);
    const body = { id: challenge.id, kind: "email_code", code };
    const session = (await ada.gateway.ask("POST", "/v1/auth/challenge", { body })).as<Session>();
    expectEqual(session.memberId, ada.id, "who it is");
    (await ada.gateway.ask("POST", "/v1/auth/challenge", { body })).refused(410, "AUTH_CHALLENGE_OVER");
  });
  // As the browser on this machine names it: passkeys are bound to that.
  const { port } = new URL(ada.gateway.url);
  const authenticator = new SoftwareAuthenticator(`http://localhost:${port}`);
  await narrator.step("she adds a passkey", async () => {
    const { id, options } = (await ada.ask("POST", `${path}/options`)).as<Question<PasskeyCreationOptions>>();
    const response = authenticator.create(options);
    (await ada.ask("POST", path, { id, name: "Phone", response })).as(201);
  });
  await narrator.step("and signs in with it, without saying who she is", async () => {
    const body = await answered(ada, authenticator);
    const session = (await ada.gateway.ask("POST", `${path}/sign-in`, { body })).as<Session>();
    expectEqual(session.memberId, ada.id, "who it is");
    (await ada.gateway.ask("POST", `${path}/sign-in`, { body })).refused(401, "AUTH_PASSKEY_REFUSED");
  });
  await narrator.step("what was signed for another page opens nothing", async () => {
    const body = await answered(ada, authenticator, "https://evil.example");
    (await ada.gateway.ask("POST", `${path}/sign-in`, { body })).refused(401, "AUTH_PASSKEY_REFUSED");
  });
}

/** Mails about other things may come before. */
async function codeIn({ email }: Person, mailbox: Cast["mailbox"]): Promise<string> {
  for (;;) {
    const { text = "" } = await mailbox.next(email);
    const code = /(?<![\w-])\d{6}(?![\w-])/.exec(text)?.[0];
    if (code !== undefined) return code;
  }
}

async function answered({ gateway }: Person, authenticator: SoftwareAuthenticator, origin?: string) {
  const { id, options } = (await gateway.ask("POST", `${path}/sign-in/options`)).as<
    Question<PasskeyRequestOptions>
  >();
  return { id, response: authenticator.get(options, origin === undefined ? {} : { origin }) };
}

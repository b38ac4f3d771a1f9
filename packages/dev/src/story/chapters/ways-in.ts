import type {
  OidcStart,
  OidcTicket,
  PasskeyCreationOptions,
  PasskeyRequestOptions,
  Session,
} from "@kismet/contracts";
import type { Cast } from "../cast.ts";
import { expectEqual } from "../expect.ts";
import type { Gateway } from "../gateway.ts";
import type { Person } from "../person.ts";
import { SoftwareAuthenticator } from "../software-authenticator.ts";
import { visitProvider } from "../visit-provider.ts";
import { tellAge } from "./age.ts";

const path = "/v1/auth/passkeys";
const oidc = "/v1/auth/oidc/development";
type Question<O> = { id: string; options: O };

/** Without a password: by a code in the mail, by a passkey, whose owner nobody has to name, and with a provider. */
export async function tellWaysIn(cast: Cast): Promise<void> {
  const { ada, mailbox, narrator } = cast;
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
  await tellProvider(cast);
}

/** Somebody new, whom a provider vouches for; then the same person again, who has an account by then. */
async function tellProvider(cast: Cast): Promise<void> {
  const {
    ada: { gateway, email },
    narrator,
  } = cast;
  const { items } = (await gateway.ask("GET", "/v1/auth/oidc")).as<{ items: { provider: string }[] }>();
  // A system that is not ours may have others, whose pages the story can't fill in.
  if (!items.some(({ provider }) => provider === "development")) return;
  const login = `provided-${email}`;
  const session = await narrator.step(
    "somebody new signs up with a provider, and says how old they are",
    async () => {
      const { ticket } = (await finish(gateway, await visit(gateway, login))).as<OidcTicket>();
      expectEqual(ticket.purpose, "sign-up", "what the ticket is for");
      const body = {
        ticket: ticket.token,
        birthDate: "1992-02-29",
        acceptedTermsVersion: "2026-01",
        jurisdiction: "GB",
      };
      return (await gateway.ask("POST", "/v1/auth/oidc/sign-up", { body })).as<Session>();
    },
  );
  await tellAge(cast, gateway, session.accessToken);
  await narrator.step("and comes back with it; what comes back is good once", async () => {
    const came = await visit(gateway, login);
    expectEqual((await finish(gateway, came)).as<Session>().memberId, session.memberId, "who it is");
    (await finish(gateway, came)).refused(422, "AUTH_PROVIDER_REFUSED");
  });
  (await gateway.ask("DELETE", "/v1/auth/me", { token: session.accessToken })).as(202);
}

/** From the gateway to the provider and back, as a browser goes. */
async function visit(gateway: Gateway, login: string): Promise<Record<string, string>> {
  const started = (await gateway.ask("POST", `${oidc}/start`, { body: {} })).as<OidcStart>();
  const { url } = await visitProvider(started.authorizationUrl, login);
  const answer = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(10_000) });
  expectEqual(answer.status, 303, "the answer to whom the provider sends back");
  const { hash } = new URL(answer.headers.get("location") ?? "about:blank");
  const { code = "", iss = "", state = "" } = Object.fromEntries(new URLSearchParams(hash.slice(1)));
  return { code, iss, state, verifier: started.verifier };
}

function finish(gateway: Gateway, body: Record<string, string>) {
  return gateway.ask("POST", `${oidc}/finish`, { body });
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

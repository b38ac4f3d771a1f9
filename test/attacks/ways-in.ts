import assert from "node:assert/strict";
import type {
  Identity,
  OidcOutcome,
  OidcStart,
  PasskeyCreationOptions,
  PasskeyRequestOptions,
  Session,
} from "@kismet/contracts";
import { SoftwareAuthenticator, visitProvider } from "@kismet/dev";
import type { System } from "@kismet/testing";
import { SystemMember } from "../member.ts";
import { ask, signUp } from "../sign-up.ts";

type Question<Options> = { id: string; options: Options };

/** With the browser's part done beside it: pages are on `localhost`, to which passkeys are bound. */
export async function addPasskey({ url }: System, member: SystemMember) {
  const authenticator = new SoftwareAuthenticator(`http://localhost:${new URL(url).port}`);
  const asked = await member.call<Question<PasskeyCreationOptions>>("POST", "/v1/auth/passkeys/options");
  assert.equal(asked.status, 200);
  const { id, options } = asked.body;
  const response = authenticator.create(options);
  const added = await member.call<{ id: string }>("POST", "/v1/auth/passkeys", {
    id,
    name: "phone",
    response,
  });
  assert.equal(added.status, 201, JSON.stringify(added.body));
  return { id: added.body.id, challenge: options.challenge, authenticator };
}

export async function signInByPasskey({ url }: System, authenticator: SoftwareAuthenticator) {
  const { body } = await ask<Question<PasskeyRequestOptions>>(url, "/v1/auth/passkeys/sign-in/options");
  const response = authenticator.get(body.options);
  const opened = await ask<Session>(url, "/v1/auth/passkeys/sign-in", { id: body.id, response });
  assert.equal(opened.status, 200, JSON.stringify(opened.body));
  return { session: opened.body, challenge: body.options.challenge };
}

/** To a provider and back; with `by`, to link what it says with their account. */
export async function comeBack({ url }: System, login: string, by?: SystemMember) {
  const who = by ?? new SystemMember(url, { id: "", token: "" });
  const kind = by ? "link" : "start";
  const begun = await who.call<OidcStart>("POST", `/v1/auth/oidc/development/${kind}`, {});
  assert.equal(begun.status, 200, JSON.stringify(begun.body));
  const { state, verifier, authorizationUrl } = begun.body;
  const returned = await visitProvider(authorizationUrl, login);
  const answer = await fetch(returned.url, { redirect: "manual" });
  await answer.body?.cancel();
  const { hash } = new URL(answer.headers.get("location") ?? "about:blank");
  const { code = "", iss = "" } = Object.fromEntries(new URLSearchParams(hash.slice(1)));
  return { state, verifier, code, iss };
}

export async function finishFlow({ url }: System, came: Awaited<ReturnType<typeof comeBack>>) {
  const answer = await ask<OidcOutcome>(url, "/v1/auth/oidc/development/finish", came);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body as Partial<Session> & { ticket?: { token: string } };
}

/** Links a provider's account of another address. */
export async function linkProvider(system: System, member: SystemMember): Promise<string> {
  await finishFlow(system, await comeBack(system, `elsewhere-${member.id}@mail.test`, member));
  const { body } = await member.call<{ items: Identity[] }>("GET", "/v1/auth/identities");
  return body.items[0]?.id ?? "";
}

/** Signs in again as somebody of staff. How factors are asked for is tested elsewhere. */
export async function newStaff(system: System, role: "admin" | "moderator" | "support") {
  const { member, credentials, session } = await signUp(system);
  await system.world.sql("UPDATE auth.accounts SET roles = $2 WHERE member_id = $1", [member.id, [role]]);
  const { email, password } = credentials;
  const device = session.deviceToken === undefined ? {} : { device: { token: session.deviceToken } };
  const { body: opened } = await ask<Session>(system.url, "/v1/auth/login", { email, password, ...device });
  // As if by both factors: no other session has roles.
  await system.world.sql("UPDATE auth.sessions SET methods = '{password,totp}' WHERE id = $1", [
    opened.sessionId,
  ]);
  const { refreshToken } = opened;
  const refreshed = await ask<Session>(system.url, "/v1/auth/refresh", { refreshToken });
  assert.equal(refreshed.status, 200);
  const staff = new SystemMember(system.url, { id: member.id, token: refreshed.body.accessToken });
  return { staff, session: refreshed.body };
}

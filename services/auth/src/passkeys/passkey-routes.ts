import {
  Empty,
  NewPasskey,
  Passkey,
  PasskeyCreation,
  PasskeyList,
  PasskeyQuestion,
  PasskeyRename,
  PasskeySignIn,
  SignInAnswer,
  strict,
  Uuid,
} from "@kismet/contracts";
import { type App, NotFound, normaliseText } from "@kismet/service-kit";
import type { SignInDeps } from "../signin/sign-in-deps.ts";
import { deviceOf } from "../signin/sign-in-device.ts";
import { addPasskey, offerPasskey } from "./add-passkey.ts";
import { askPasskey } from "./ask-passkey.ts";
import type { PasskeyDeps } from "./passkey-deps.ts";
import { listPasskeys, type StoredPasskey, updatePasskey } from "./passkeys-repository.ts";
import { removePasskey } from "./remove-passkey.ts";
import { signInWithPasskey } from "./sign-in-with-passkey.ts";
import { credential, ownCredential } from "../route-policies.ts";

const tags = ["auth"];
/** What an authenticator says may come with a certificate. */
const bodyLimit = 65_536;
const own = { auth: "member", limit: "write", bodyLimit, timeoutMs: 5_000, idempotent: false } as const;
const params = strict({ id: Uuid });

export function registerPasskeyRoutes(app: App, deps: SignInDeps & PasskeyDeps): void {
  const { database } = deps;

  app.route({
    method: "POST",
    url: "/v1/auth/passkeys/sign-in/options",
    schema: {
      summary: "Begin to sign in with a passkey, without saying who it is",
      tags,
      response: { 200: PasskeyQuestion },
    },
    config: { policy: { ...credential, bodyLimit: 1_024 } },
    handler: () => askPasskey(deps, { purpose: "sign-in" }),
  });

  app.route({
    method: "POST",
    url: "/v1/auth/passkeys/sign-in",
    schema: { summary: "Sign in with a passkey", tags, body: PasskeySignIn, response: { 200: SignInAnswer } },
    config: { policy: { ...credential, bodyLimit } },
    handler: (request) => signInWithPasskey(deps, request.body, deviceOf(request, request.body.device)),
  });

  app.route({
    method: "POST",
    url: "/v1/auth/step-up/passkey",
    schema: {
      summary: "Begin to prove with a passkey that it is me",
      tags,
      response: { 200: PasskeyQuestion },
    },
    config: { policy: { ...ownCredential, bodyLimit: 1_024 } },
    handler: ({ member: { memberId, sessionId } }) =>
      askPasskey(deps, { purpose: "step-up", memberId, sessionId }),
  });

  app.route({
    method: "GET",
    url: "/v1/auth/passkeys",
    schema: { summary: "My passkeys", tags, response: { 200: PasskeyList } },
    config: { policy: { ...own, limit: "read", idempotent: true, anyStatus: true } },
    handler: async ({ member }) => ({
      items: (await listPasskeys(database.read, member.memberId)).map(passkeyOf),
      nextCursor: null,
    }),
  });

  app.route({
    method: "POST",
    url: "/v1/auth/passkeys/options",
    schema: { summary: "Begin to add a passkey", tags, response: { 200: PasskeyCreation } },
    config: { policy: { ...own, bodyLimit: 1_024, stepUp: true } },
    handler: ({ member }) => offerPasskey(deps, member),
  });

  app.route({
    method: "POST",
    url: "/v1/auth/passkeys",
    schema: { summary: "Add a passkey", tags, body: NewPasskey, response: { 201: Passkey } },
    config: { policy: { ...own, stepUp: true } },
    handler: async ({ member, body }, reply) =>
      reply.code(201).send(passkeyOf(await addPasskey(deps, member, body))),
  });

  app.route({
    method: "PATCH",
    url: "/v1/auth/passkeys/:id",
    schema: {
      summary: "Call a passkey something else",
      tags,
      params,
      body: PasskeyRename,
      response: { 200: Passkey },
    },
    config: { policy: { ...own, bodyLimit: 1_024, idempotent: true } },
    handler: async ({ member: { memberId }, params: { id }, body }) => {
      const name = normaliseText(body.name);
      const renamed =
        name === ""
          ? undefined
          : await database.transaction((tx) => updatePasskey(tx, { memberId, id }, { name }));
      if (!renamed) throw new NotFound();
      return passkeyOf(renamed);
    },
  });

  app.route({
    method: "DELETE",
    url: "/v1/auth/passkeys/:id",
    schema: {
      summary: "Remove a passkey, unless nothing else is left to sign in with",
      tags,
      params,
      response: { 204: Empty },
    },
    config: { policy: { ...own, bodyLimit: 1_024, stepUp: true } },
    handler: async ({ member: { memberId }, params: { id } }, reply) => {
      await removePasskey(deps, memberId, id);
      return reply.code(204).send(null);
    },
  });
}

function passkeyOf({ id, name, backedUp, createdAt, lastUsedAt, suspendedAt }: StoredPasskey): Passkey {
  return {
    id,
    name,
    backedUp,
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    suspendedAt: suspendedAt?.toISOString() ?? null,
  };
}

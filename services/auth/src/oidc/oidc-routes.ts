import formbody from "@fastify/formbody";
import {
  Empty,
  type Identity,
  IdentityList,
  OidcCallback,
  OidcFinishRequest,
  OidcLinked,
  OidcOutcome,
  OidcProviderList,
  OidcProviderParams,
  OidcSignUp,
  OidcStart,
  OidcStartRequest,
  OidcTicketRequest,
  OidcVerify,
  Session,
  strict,
  Uuid,
  VerificationSent,
} from "@kismet/contracts";
import type { App } from "@kismet/service-kit";
import { deviceOf } from "../signin/sign-in-device.ts";
import { finishAudited } from "./finish-flow.ts";
import { listIdentities, type StoredIdentity } from "./identities-repository.ts";
import { linkTicket } from "./link-ticket.ts";
import type { OidcDeps } from "./oidc-deps.ts";
import { receiveCallback } from "./receive-callback.ts";
import { signUpWithTicket, verifyTicket } from "./sign-up-with-ticket.ts";
import { startFlow } from "./start-flow.ts";
import { unlinkIdentity } from "./unlink-identity.ts";
import { credential } from "../route-policies.ts";

const tags = ["auth"];
const proof = { ...credential, bodyLimit: 8_192, timeoutMs: 12_000 } as const;
const own = {
  auth: "member",
  limit: "write",
  bodyLimit: 2_048,
  timeoutMs: 12_000,
  idempotent: false,
} as const;
/** With a name and a token in its form, and from anywhere. It redeems nothing: what is guessed at is limited at the end. */
const callback = {
  ...proof,
  limit: "read",
  bodyLimit: 32_768,
  timeoutMs: 5_000,
  crossSite: true,
} as const;
const params = OidcProviderParams;

export function registerOidcRoutes(app: App, deps: OidcDeps): void {
  registerFlowRoutes(app, deps);
  registerTicketRoutes(app, deps);
  registerIdentityRoutes(app, deps);
  void app.register(async (scope) => registerCallbackRoutes(scope as App, deps));
}

function registerFlowRoutes(app: App, deps: OidcDeps): void {
  app.route({
    method: "GET",
    url: "/v1/auth/oidc",
    schema: {
      summary: "The providers that can be signed in with here",
      tags,
      response: { 200: OidcProviderList },
    },
    config: {
      policy: { ...proof, limit: "read", bodyLimit: 1_024, timeoutMs: 3_000, idempotent: true },
    },
    handler: async () => ({
      items: [...deps.providers.keys()].map((provider) => ({ provider })),
      nextCursor: null,
    }),
  });

  app.route({
    method: "POST",
    url: "/v1/auth/oidc/:provider/start",
    schema: {
      summary: "Begin to sign in with a provider",
      tags,
      params,
      body: OidcStartRequest,
      response: { 200: OidcStart },
    },
    config: { policy: proof },
    handler: ({ params: { provider }, body: { returnTo } }) => startFlow(deps, { provider, returnTo }),
  });

  app.route({
    method: "POST",
    url: "/v1/auth/oidc/:provider/link",
    schema: {
      summary: "Begin to add a provider's account to mine",
      tags,
      params,
      body: OidcStartRequest,
      response: { 200: OidcStart },
    },
    config: { policy: { ...own, stepUp: true } },
    handler: ({ member, params: { provider }, body: { returnTo } }) =>
      startFlow(deps, { provider, returnTo, member }),
  });

  app.route({
    method: "POST",
    url: "/v1/auth/oidc/:provider/finish",
    schema: {
      summary: "Finish what was begun with a provider: a session, a challenge, or a ticket for somebody new",
      tags,
      params,
      body: OidcFinishRequest,
      response: { 200: OidcOutcome },
    },
    config: { policy: proof },
    handler: (request) => {
      const { params, body } = request;
      return finishAudited(deps, params.provider, body, deviceOf(request, body.device));
    },
  });
}

function registerTicketRoutes(app: App, deps: OidcDeps): void {
  app.route({
    method: "POST",
    url: "/v1/auth/oidc/sign-up",
    schema: {
      summary: "Sign up with a ticket: a session, or 202 if the address has to be verified by a code first",
      tags,
      body: OidcSignUp,
      response: { 200: Session, 202: VerificationSent },
    },
    config: { policy: proof },
    handler: async (request, reply) => {
      const session = await signUpWithTicket(deps, request.body, deviceOf(request, request.body.device));
      return session ?? reply.code(202).send({ status: "verification_sent" });
    },
  });

  app.route({
    method: "POST",
    url: "/v1/auth/oidc/sign-up/verify",
    schema: {
      summary: "Prove the address with the code and the ticket, and sign in",
      tags,
      body: OidcVerify,
      response: { 200: Session },
    },
    config: { policy: proof },
    handler: (request) => verifyTicket(deps, request.body, deviceOf(request, request.body.device)),
  });

  app.route({
    method: "POST",
    url: "/v1/auth/identities",
    schema: {
      summary: "Link the provider's account of a ticket with mine",
      tags,
      body: OidcTicketRequest,
      response: { 201: OidcLinked },
    },
    config: { policy: { ...own, stepUp: true } },
    handler: async ({ member, body: { ticket } }, reply) =>
      reply.code(201).send({ linked: await linkTicket(deps, member, ticket) }),
  });
}

function registerIdentityRoutes(app: App, deps: OidcDeps): void {
  app.route({
    method: "GET",
    url: "/v1/auth/identities",
    schema: {
      summary: "The providers' accounts that I can sign in with",
      tags,
      response: { 200: IdentityList },
    },
    config: { policy: { ...own, limit: "read", idempotent: true, anyStatus: true } },
    handler: async ({ member }) => ({
      items: (await listIdentities(deps.database.read, member.memberId)).map(identityOf),
      nextCursor: null,
    }),
  });

  app.route({
    method: "DELETE",
    url: "/v1/auth/identities/:id",
    schema: {
      summary: "Unlink a provider's account, unless nothing else is left to sign in with",
      tags,
      params: strict({ id: Uuid }),
      response: { 204: Empty },
    },
    config: { policy: { ...own, stepUp: true } },
    handler: async ({ member: { memberId }, params: { id } }, reply) => {
      await unlinkIdentity(deps, memberId, id);
      return reply.code(204).send(null);
    },
  });
}

/** In a scope of its own, which reads forms and nothing else, while the rest of the service goes on to refuse them. */
async function registerCallbackRoutes(app: App, deps: OidcDeps): Promise<void> {
  app.removeAllContentTypeParsers();
  await app.register(formbody);

  app.route({
    method: "GET",
    url: "/v1/auth/oidc/:provider/callback",
    schema: {
      summary: "Where a provider sends a browser back to: on to where it was begun",
      tags,
      params,
      querystring: OidcCallback,
      response: { 303: Empty },
    },
    config: { policy: { ...callback, idempotent: true } },
    handler: async ({ params: { provider }, query }, reply) =>
      reply.redirect(await receiveCallback(deps, provider, query), 303),
  });

  app.route({
    method: "POST",
    url: "/v1/auth/oidc/:provider/callback",
    schema: {
      summary: "The same by a form, as Apple does it",
      tags,
      consumes: ["application/x-www-form-urlencoded"],
      params,
      body: OidcCallback,
      response: { 303: Empty },
    },
    config: { policy: callback },
    handler: async ({ params: { provider }, body }, reply) =>
      reply.redirect(await receiveCallback(deps, provider, body), 303),
  });
}

function identityOf({ id, provider, email, givenName, createdAt, lastUsedAt }: StoredIdentity): Identity {
  return {
    id,
    provider,
    email,
    givenName,
    linkedAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  };
}

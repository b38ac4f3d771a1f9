import { Empty, Factors, RecoveryCodes, TotpConfirmation, TotpEnrolment } from "@kismet/contracts";
import type { App } from "@kismet/service-kit";
import { confirmTotp, enrolTotp, listFactors, removeTotp, renewRecoveryCodes } from "./manage-factors.ts";
import type { SignInDeps } from "./sign-in-deps.ts";

const tags = ["auth"];
const reading = {
  auth: "member",
  limit: "read",
  bodyLimit: 1_024,
  timeoutMs: 3_000,
  idempotent: true,
} as const;
const changing = {
  ...reading,
  limit: "credential",
  timeoutMs: 5_000,
  idempotent: false,
  stepUp: true,
} as const;

export function registerFactorRoutes(app: App, deps: SignInDeps): void {
  app.route({
    method: "GET",
    url: "/v1/auth/factors",
    schema: {
      summary: "What I can sign in with beside my password",
      tags,
      response: { 200: Factors },
    },
    config: { policy: { ...reading, anyStatus: true } },
    handler: ({ member }) => listFactors(deps, member.memberId),
  });

  app.route({
    method: "POST",
    url: "/v1/auth/factors/totp",
    schema: {
      summary: "Begin with an authenticator; a first code confirms it",
      tags,
      response: { 201: TotpEnrolment },
    },
    config: { policy: changing },
    handler: async ({ member }, reply) => reply.code(201).send(await enrolTotp(deps, member.memberId)),
  });

  app.route({
    method: "POST",
    url: "/v1/auth/factors/totp/confirm",
    schema: {
      summary: "Confirm the authenticator; from now on sign-in asks for it. Gives recovery codes",
      tags,
      body: TotpConfirmation,
      response: { 200: RecoveryCodes },
    },
    config: { policy: changing },
    handler: async ({ member, body }) => ({
      recoveryCodes: await confirmTotp(deps, member.memberId, body.code),
    }),
  });

  app.route({
    method: "DELETE",
    url: "/v1/auth/factors/totp",
    schema: {
      summary: "Remove the authenticator, and the recovery codes with it",
      tags,
      response: { 204: Empty },
    },
    config: { policy: changing },
    handler: async ({ member }, reply) => {
      await removeTotp(deps, member.memberId);
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "POST",
    url: "/v1/auth/factors/recovery-codes",
    schema: {
      summary: "New recovery codes; those before are good no longer",
      tags,
      response: { 200: RecoveryCodes },
    },
    config: { policy: changing },
    handler: async ({ member }) => ({ recoveryCodes: await renewRecoveryCodes(deps, member.memberId) }),
  });
}

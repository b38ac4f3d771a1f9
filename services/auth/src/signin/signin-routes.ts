import {
  Challenge,
  ChallengeAnswer,
  CodeRequest,
  Empty,
  FreshUntil,
  LoginRequest,
  SignInAnswer,
  StepUpRequest,
  strict,
  Uuid,
} from "@kismet/contracts";
import type { App } from "@kismet/service-kit";
import { answerChallenge } from "./answer-challenge.ts";
import { logIn } from "./log-in.ts";
import { requestAnotherCode, requestCode } from "./request-code.ts";
import { deviceOf } from "./sign-in-device.ts";
import { requestStepUpCode, stepUp, type StepUpDeps } from "./step-up.ts";
import { credential, ownCredential } from "../route-policies.ts";

const tags = ["auth"];

export function registerSignInRoutes(app: App, deps: StepUpDeps): void {
  app.route({
    method: "POST",
    url: "/v1/auth/login",
    schema: {
      summary: "Sign in with a password; a second factor, or a new device, asks for more",
      tags,
      body: LoginRequest,
      response: { 200: SignInAnswer },
    },
    config: { policy: credential },
    handler: (request) => logIn(deps, request.body, deviceOf(request, request.body.device)),
  });

  app.route({
    method: "POST",
    url: "/v1/auth/challenge",
    schema: {
      summary: "Answer what a sign-in asked for",
      tags,
      body: ChallengeAnswer,
      response: { 200: SignInAnswer },
    },
    config: { policy: credential },
    handler: ({ body, ip }) => answerChallenge(deps, body, ip),
  });

  app.route({
    method: "POST",
    url: "/v1/auth/challenge/resend",
    schema: {
      summary: "Have the code of a challenge sent again; the answer is the same for every id",
      tags,
      body: strict({ id: Uuid }),
      response: { 202: Empty },
    },
    config: { policy: credential },
    handler: async ({ body }, reply) => {
      await requestAnotherCode(deps, body.id);
      return reply.code(202).send(null);
    },
  });

  app.route({
    method: "POST",
    url: "/v1/auth/code/request",
    schema: {
      summary: "Ask for a code by e-mail to sign in with; the answer is the same for every address",
      tags,
      body: CodeRequest,
      response: { 202: Challenge },
    },
    config: { policy: credential },
    handler: async (request, reply) => {
      const { email, device } = request.body;
      return reply.code(202).send(await requestCode(deps, email, deviceOf(request, device)));
    },
  });
}

/** For what asks for fresh authentication. */
export function registerStepUpRoutes(app: App, deps: StepUpDeps): void {
  app.route({
    method: "POST",
    url: "/v1/auth/step-up",
    schema: {
      summary: "Prove that it is me, once more",
      tags,
      body: StepUpRequest,
      response: { 200: FreshUntil },
    },
    config: { policy: ownCredential },
    handler: async ({ member, body }) => ({ freshUntil: (await stepUp(deps, member, body)).toISOString() }),
  });

  app.route({
    method: "POST",
    url: "/v1/auth/step-up/code",
    schema: { summary: "Ask for a code by e-mail to prove it with", tags, response: { 202: Challenge } },
    config: { policy: ownCredential },
    handler: async ({ member }, reply) => reply.code(202).send(await requestStepUpCode(deps, member)),
  });
}

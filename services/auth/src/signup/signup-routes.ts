import {
  EmailRequest,
  Session,
  SignupRequest,
  VerificationSent,
  VerifyEmailRequest,
} from "@kismet/contracts";
import type { App } from "@kismet/service-kit";
import { normaliseEmail } from "../accounts/normalise-email.ts";
import type { SignInDeps } from "../signin/sign-in-deps.ts";
import { deviceOf } from "../signin/sign-in-device.ts";
import { askerOf } from "./asker.ts";
import { signUp } from "./sign-up.ts";
import { verifyEmail } from "./verify-email.ts";
import { credential } from "../route-policies.ts";

const tags = ["auth"];

export function registerSignupRoutes(app: App, deps: SignInDeps & { minimumAge: number }): void {
  const sent = { status: "verification_sent" } as const;

  app.route({
    method: "POST",
    url: "/v1/auth/signup",
    schema: {
      summary: "Sign up; a code comes by e-mail. The answer is the same for an address that has an account",
      tags,
      body: SignupRequest,
      response: { 202: VerificationSent },
    },
    config: { policy: credential },
    handler: async ({ body, ip }, reply) => {
      await signUp(deps, body, ip);
      return reply.code(202).send(sent);
    },
  });

  app.route({
    method: "POST",
    url: "/v1/auth/verify-email",
    schema: {
      summary: "Prove the address with the code, and sign in",
      tags,
      body: VerifyEmailRequest,
      response: { 200: Session },
    },
    config: { policy: credential },
    handler: (request) => verifyEmail(deps, request.body, deviceOf(request, request.body.device)),
  });

  app.route({
    method: "POST",
    url: "/v1/auth/verify-email/resend",
    schema: {
      summary: "Ask for another code; the answer is the same for every address",
      tags,
      body: EmailRequest,
      response: { 202: VerificationSent },
    },
    config: { policy: credential },
    handler: async ({ body, ip }, reply) => {
      const email = normaliseEmail(body.email);
      const letter = { kind: "resend-code", email, asker: askerOf(deps.digests, email, ip) } as const;
      await deps.database.transaction((tx) => deps.letterbox.post(tx, letter));
      return reply.code(202).send(sent);
    },
  });
}

import { ChangePasswordRequest, EmailRequest, Empty, ResetPasswordRequest, Session } from "@kismet/contracts";
import type { App } from "@kismet/service-kit";
import { normaliseEmail } from "../accounts/normalise-email.ts";
import { changePassword } from "./change-password.ts";
import { type PasswordDeps, resetPassword } from "./reset-password.ts";
import { placeInNet } from "../signin/place-in-net.ts";
import { credential, ownCredential } from "../route-policies.ts";

const tags = ["auth"];

export function registerPasswordRoutes(app: App, deps: PasswordDeps): void {
  app.route({
    method: "POST",
    url: "/v1/auth/password/forgot",
    schema: {
      summary: "Ask for a mail with which to set a new password; the answer is the same for every address",
      tags,
      body: EmailRequest,
      response: { 202: Empty },
    },
    config: { policy: credential },
    handler: async ({ body, ip }, reply) => {
      const [email, network] = [normaliseEmail(body.email), placeInNet(ip)];
      const letter = { kind: "forgot-password", email, network } as const;
      await deps.database.transaction((tx) => deps.letterbox.post(tx, letter));
      return reply.code(202).send(null);
    },
  });

  app.route({
    method: "POST",
    url: "/v1/auth/password/reset",
    schema: { summary: "Set a new password", tags, body: ResetPasswordRequest, response: { 204: Empty } },
    config: { policy: credential },
    handler: async ({ body }, reply) => {
      await resetPassword(deps, body.token, body.password);
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "POST",
    url: "/v1/auth/password/change",
    schema: { summary: "Change my password", tags, body: ChangePasswordRequest, response: { 200: Session } },
    config: { policy: { ...ownCredential, stepUp: true } },
    handler: ({ member, body }) => changePassword(deps, member, body),
  });
}

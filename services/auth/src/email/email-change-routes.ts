import { ChangeEmailRequest, ConfirmEmailRequest, Empty, VerificationSent } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import type { App } from "@kismet/service-kit";
import { normaliseEmail } from "../accounts/normalise-email.ts";
import { CodeInvalid } from "../signup/signup-errors.ts";
import { confirmByCode } from "./confirm-email-change.ts";
import type { ConfirmDeps } from "./email-change-deps.ts";

const tags = ["auth"];
const policy = {
  auth: "member",
  limit: "credential",
  bodyLimit: 4_096,
  timeoutMs: 5_000,
  idempotent: false,
} as const;

export function registerEmailChangeRoutes(app: App, deps: ConfirmDeps): void {
  const { database, letterbox } = deps;

  app.route({
    method: "POST",
    url: "/v1/auth/email/change",
    schema: {
      summary: "Ask for another e-mail address, which confirms it; the answer is the same for every address",
      tags,
      body: ChangeEmailRequest,
      response: { 202: VerificationSent },
    },
    config: { policy: { ...policy, stepUp: true } },
    handler: async ({ member: { memberId, sessionId }, body }, reply) => {
      const newEmail = normaliseEmail(body.newEmail);
      await database.transaction(async (tx) => {
        await recordAudit(tx, { action: "auth.email.ask", subject: memberId });
        await letterbox.post(tx, { kind: "email-change", memberId, sessionId, newEmail });
      });
      return reply.code(202).send({ status: "verification_sent" });
    },
  });

  app.route({
    method: "POST",
    url: "/v1/auth/email/confirm",
    schema: {
      summary: "Prove the new address with the code; the old one can undo it for two days",
      tags,
      body: ConfirmEmailRequest,
      response: { 204: Empty },
    },
    config: { policy },
    handler: async ({ member, body }, reply) => {
      if (!(await confirmByCode(deps, member.memberId, body.code))) throw new CodeInvalid();
      return reply.code(204).send(null);
    },
  });
}

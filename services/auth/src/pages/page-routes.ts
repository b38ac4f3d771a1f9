import formbody from "@fastify/formbody";
import { LanguageTag, strict } from "@kismet/contracts";
import {
  type App,
  markup,
  pageAnswer,
  type Reader,
  readerOfRequest,
  renderPage,
  sendPage,
} from "@kismet/service-kit";
import { Type } from "typebox";
import type { ConfirmDeps } from "../email/email-change-deps.ts";
import { sendArchive } from "../export/open-archive.ts";
import { shownPage } from "../route-policies.ts";
import type { SignInDeps } from "../signin/sign-in-deps.ts";
import { deviceOf } from "../signin/sign-in-device.ts";
import { confirmEmailPage } from "./confirm-email-page.ts";
import { fetchArchivePage } from "./fetch-archive-page.ts";
import type { MailPage, Outcome } from "./mail-page.ts";
import { renderForm } from "./render-form.ts";
import { restoreAccountPage } from "./restore-account-page.ts";
import { resetPasswordPage } from "./reset-password-page.ts";
import { undoEmailChangePage } from "./undo-email-change-page.ts";
import { verifyEmailPage } from "./verify-email-page.ts";

const tags = ["auth"];
const sent = {
  ...shownPage,
  limit: "credential",
  bodyLimit: 4_096,
  timeoutMs: 8_000,
  idempotent: false,
} as const;

const Token = Type.String({ minLength: 1, maxLength: 200, pattern: "^[A-Za-z0-9._-]+$" });
const Language = Type.Optional(LanguageTag);

type Deps = SignInDeps & ConfirmDeps;

/**
 * What the links in mails open: docs/adr/mail-pages.md. In a scope of its own, which reads forms and nothing else, while
 * the rest of the service goes on to refuse them.
 */
export async function servePages(app: App, deps: Deps): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    await scope.register(formbody);
    const pages = [
      verifyEmailPage(deps),
      resetPasswordPage(deps),
      confirmEmailPage(deps),
      undoEmailChangePage(deps),
      restoreAccountPage(deps),
      fetchArchivePage(deps),
    ];
    for (const page of pages) servePage(scope as App, page);
  });
}

function servePage(app: App, page: MailPage): void {
  const { path, summary, file } = page;
  app.route({
    method: "GET",
    url: path,
    schema: {
      summary: `${summary}: the page, which does nothing yet`,
      tags,
      querystring: strict({ token: Token, lang: Language }),
      response: { 200: pageAnswer("A form") },
    },
    config: { policy: shownPage },
    handler: async (request, reply) => {
      const reader = readerOfRequest(request);
      const { token } = request.query;
      const form = await page.show(token, reader);
      return sendPage(reply, 200, renderForm(reader, { path, token }, form));
    },
  });

  app.route({
    method: "POST",
    url: path,
    schema: {
      summary,
      tags,
      querystring: strict({ lang: Language }),
      body: strict({ token: Token, password: Type.Optional(Type.String({ maxLength: 512 })) }),
      response: {
        200: file?.answer ?? pageAnswer("What was done"),
        422: pageAnswer("The form again, with what is wrong"),
      },
    },
    config: { policy: { ...sent, timeoutMs: file?.timeoutMs ?? sent.timeoutMs } },
    handler: async (request, reply) => {
      const reader = readerOfRequest(request);
      const { token, password = "" } = request.body;
      const outcome = await page.act(token, password, reader, deviceOf(request));
      if ("file" in outcome) return sendArchive(reply, outcome.file);
      if ("done" in outcome) return sendPage(reply, 200, renderDone(reader, outcome));
      const form = await page.show(token, reader);
      const said = { path, token, ...("fault" in outcome ? outcome : {}) };
      return sendPage(reply, 422, renderForm(reader, said, form));
    },
  });
}

function renderDone({ language }: Reader, { done }: Extract<Outcome, { done: unknown }>): string {
  return renderPage(language, { title: done.title, content: markup`<p role="status">${done.text}</p>` });
}

import {
  AgeAssurance,
  AgeChange,
  AgeCheck,
  AgeCheckRequest,
  JurisdictionRequest,
  LanguageTag,
  MemberParams,
  strict,
} from "@kismet/contracts";
import { type App, markup, pageAnswer, readerOfRequest, renderPage, sendPage } from "@kismet/service-kit";
import { Type } from "typebox";
import { ownChanging, ownReading, shownPage, staffChanging } from "../route-policies.ts";
import type { AgeDeps } from "./age-deps.ts";
import { donePath, resultPath } from "./age-paths.ts";
import { type AgeProvider, ProviderResult, signatureHeader } from "./age-provider.ts";
import { doneTexts } from "./done-texts.ts";
import { changeAge, declareJurisdiction } from "./move-jurisdiction.ts";
import { openCheck } from "./open-check.ts";
import { readAge } from "./read-age.ts";
import { receiveResult } from "./receive-result.ts";

const tags = ["auth"];

/** Open whatever the account's status: who has yet to prove their age has nothing else. */
export function registerAgeRoutes(app: App, deps: AgeDeps): void {
  serveMember(app, deps);
  serveSupport(app, deps);
  serveDone(app);
  if (deps.provider) serveResults(app, deps, deps.provider);
}

function serveMember(app: App, deps: AgeDeps): void {
  app.route({
    method: "GET",
    url: "/v1/auth/age",
    schema: {
      summary: "How well my age is known, and what is missing",
      tags,
      response: { 200: AgeAssurance },
    },
    config: { policy: ownReading },
    handler: ({ member }) => readAge(deps, member.memberId),
  });

  app.route({
    method: "PUT",
    url: "/v1/auth/age/jurisdiction",
    schema: {
      summary: "Say where I live, for the law on ages there",
      tags,
      body: JurisdictionRequest,
      response: { 200: AgeAssurance },
    },
    config: { policy: ownChanging },
    handler: async ({ member: { memberId }, body }) => {
      await declareJurisdiction(deps, memberId, body.jurisdiction);
      return readAge(deps, memberId);
    },
  });

  app.route({
    method: "POST",
    url: "/v1/auth/age/checks",
    schema: {
      summary: "Begin to prove my age, at the page of who checks it",
      tags,
      body: AgeCheckRequest,
      response: { 201: AgeCheck },
    },
    // Longer than the provider is waited for.
    config: { policy: { ...ownChanging, timeoutMs: 8_000, idempotent: false } },
    handler: async ({ member, body }, reply) =>
      reply.code(201).send(await openCheck(deps, member.memberId, body.method)),
  });
}

function serveSupport(app: App, deps: AgeDeps): void {
  app.route({
    method: "POST",
    url: "/v1/admin/members/:id/age",
    schema: {
      summary: "Move a member to where they live, or have their age proven anew",
      tags: ["staff"],
      params: MemberParams,
      body: AgeChange,
      response: { 200: AgeAssurance },
    },
    config: { policy: { ...staffChanging, roles: ["support", "admin"], idempotent: true } },
    handler: async ({ params: { id }, body, member }) => {
      await changeAge(deps, id, body, member.memberId);
      return readAge(deps, id);
    },
  });
}

/** Answers once the result is on disk: until then the provider has to send it again. */
function serveResults(app: App, deps: AgeDeps, provider: AgeProvider): void {
  app.route({
    method: "POST",
    url: resultPath,
    schema: {
      summary: "What the provider of age checks has found; signed",
      tags,
      body: ProviderResult,
      response: { 200: strict({ received: Type.Literal(true) }) },
    },
    config: {
      policy: { auth: "webhook", limit: "webhook", bodyLimit: 8_192, timeoutMs: 5_000, idempotent: true },
    },
    handler: async ({ rawBody, headers, body }) => {
      provider.verifyResult({ rawBody, signature: headers[signatureHeader] }, deps.clock.now());
      await receiveResult(deps, body);
      return { received: true as const };
    },
  });
}

/** Where a browser ends up. It says nothing of anybody: what was found is for the app to ask. */
function serveDone(app: App): void {
  app.route({
    method: "GET",
    url: donePath,
    schema: {
      summary: "Where the browser comes back to from an age check: a page that sends one back to the app",
      tags,
      querystring: strict({ lang: Type.Optional(LanguageTag) }),
      response: { 200: pageAnswer() },
    },
    config: { policy: { ...shownPage, crossSite: true } },
    handler: async (request, reply) => {
      const { language } = readerOfRequest(request);
      const { title, text } = doneTexts[language];
      return sendPage(
        reply,
        200,
        renderPage(language, { title, content: markup`<p role="status">${text}</p>` }),
      );
    },
  });
}

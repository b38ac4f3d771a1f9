import { Money, literals, ProductId, strict } from "@kismet/contracts";
import { type App, NotFound } from "@kismet/service-kit";
import { Type } from "typebox";
import { payCheckout } from "./pay-checkout.ts";
import type { Sandbox } from "./sandbox.ts";
import { findCheckout } from "./sandbox-repository.ts";

const Token = strict({ token: Type.String({ pattern: "^[A-Za-z0-9_-]{43}$", maxLength: 43 }) });

const Page = strict({
  description: ProductId,
  price: Money,
  status: literals(["open", "paid", "closed"]),
});

/** What the sandbox shows to who pays: like any provider's pages, they ask for no token of ours. */
export function registerSandboxRoutes(app: App, sandbox: Sandbox): void {
  const policy = {
    auth: "public",
    limit: "write",
    bodyLimit: 1_024,
    timeoutMs: 3_000,
    idempotent: true,
  } as const;
  app.route({
    method: "GET",
    url: "/v1/billing/sandbox/checkouts/:token",
    schema: { summary: "What is to be paid (sandbox)", params: Token, response: { 200: Page } },
    config: { policy: { ...policy, limit: "read" } },
    handler: (request) => readPage(sandbox, request.params.token),
  });
  app.route({
    method: "POST",
    url: "/v1/billing/sandbox/checkouts/:token/pay",
    schema: { summary: "Pay, with nothing (sandbox)", params: Token, response: { 200: Page } },
    config: { policy },
    handler: async (request) => {
      await payCheckout(sandbox, request.params.token);
      return readPage(sandbox, request.params.token);
    },
  });
}

async function readPage({ database, clock }: Sandbox, token: string) {
  const checkout = await findCheckout(database.read, { token });
  if (!checkout) throw new NotFound();
  const { description, amount, currency, expiresAt } = checkout;
  const isOver = checkout.status === "open" && expiresAt <= clock.now();
  return { description, price: { amount, currency }, status: isOver ? ("closed" as const) : checkout.status };
}

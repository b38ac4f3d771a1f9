import { Checkout, CheckoutOpened, CheckoutRequest, strict, Uuid } from "@kismet/contracts";
import { type App, NotFound } from "@kismet/service-kit";
import { Type } from "typebox";
import { findCheckout, type StoredCheckout } from "./checkout-repository.ts";
import { type CheckoutDeps, openCheckout } from "./open-checkout.ts";

/** Printable ASCII without spaces; clients are to send a UUID. */
const IdempotencyKey = Type.String({ pattern: "^[!-~]{8,255}$", maxLength: 255 });

export function registerCheckoutRoutes(app: App, deps: CheckoutDeps): void {
  app.route({
    method: "POST",
    url: "/v1/billing/checkout",
    schema: {
      summary: "Begin to buy something",
      headers: strict({ "idempotency-key": IdempotencyKey }),
      body: CheckoutRequest,
      response: { 201: CheckoutOpened },
    },
    config: {
      policy: { auth: "member", limit: "write", bodyLimit: 1_024, timeoutMs: 8_000, idempotent: true },
    },
    handler: async (request, reply) => {
      const { memberId } = request.member;
      const key = request.headers["idempotency-key"];
      return reply.code(201).send(await openCheckout(deps, { memberId, key, body: request.body }));
    },
  });
  app.route({
    method: "GET",
    url: "/v1/billing/checkout/:id",
    schema: {
      summary: "How a checkout stands",
      params: strict({ id: Uuid }),
      response: { 200: Checkout },
    },
    config: {
      policy: { auth: "member", limit: "read", bodyLimit: 1_024, timeoutMs: 2_000, idempotent: true },
    },
    handler: async (request) => {
      const checkout = await findCheckout(deps.database.read, request.params.id);
      if (checkout?.memberId !== request.member.memberId) throw new NotFound();
      return asCheckout(checkout);
    },
  });
}

function asCheckout(stored: StoredCheckout): Checkout {
  const { id, productId, provider, amount, currency, status, redirectUrl, createdAt, paidAt } = stored;
  return {
    checkoutId: id,
    productId,
    provider,
    price: { amount, currency },
    status,
    redirectUrl: status === "open" ? redirectUrl : null,
    createdAt: createdAt.toISOString(),
    paidAt: paidAt?.toISOString() ?? null,
  };
}

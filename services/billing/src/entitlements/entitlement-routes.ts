import type { Bus } from "@kismet/bus";
import { Entitlements, GetEntitlements } from "@kismet/contracts";
import type { App, Clock } from "@kismet/service-kit";
import type { BillingDatabase } from "../storage.ts";
import { readEntitlements } from "./read-entitlements.ts";

export function registerEntitlements(
  app: App,
  bus: Bus,
  deps: { database: BillingDatabase; clock: Clock },
): void {
  app.route({
    method: "GET",
    url: "/v1/billing/entitlements",
    schema: { summary: "What the member may do, and what is left to spend", response: { 200: Entitlements } },
    config: {
      policy: {
        auth: "member",
        limit: "read",
        bodyLimit: 1_024,
        timeoutMs: 2_000,
        idempotent: true,
        anyStatus: true,
        poll: true,
      },
    },
    handler: (request) => readEntitlements(deps, request.member.memberId),
  });
  bus.serve(GetEntitlements, ({ memberId }) => readEntitlements(deps, memberId));
}

import type { Bus } from "@kismet/bus";
import { RefundConsumable, SpendConsumable } from "@kismet/contracts";
import type { Clock } from "@kismet/service-kit";
import type { BillingDatabase } from "../storage.ts";
import { refundConsumable } from "./refund-consumable.ts";
import { spendConsumable } from "./spend-consumable.ts";

export function serveConsumables(bus: Bus, deps: { database: BillingDatabase; clock: Clock }): void {
  bus.serve(SpendConsumable, (request) => spendConsumable(deps, request));
  bus.serve(RefundConsumable, (request) => refundConsumable(deps, request));
}

import { on } from "@kismet/bus";
import { EntitlementChanged } from "@kismet/contracts";
import type { Tx } from "../storage.ts";
import { saveEntitlements } from "./entitlements-repository.ts";

export const onEntitlementChanged = on(EntitlementChanged, async (tx: Tx, { payload }) =>
  saveEntitlements(tx, payload),
);

import { literals, strict, Timestamp, Uuid } from "@kismet/contracts";
import { type Static, Type } from "typebox";

/** What the sandbox sends; the merchant needs nothing of it but the names of what to read. */
export const SandboxWebhook = strict({
  id: Uuid,
  type: literals(["checkout.paid", "checkout.closed", "subscription.changed"]),
  createdAt: Timestamp,
  /** The merchant's name of the checkout. */
  merchantRef: Type.Optional(Uuid),
  subscription: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
});
export type SandboxWebhook = Static<typeof SandboxWebhook>;

export const signatureHeader = "x-sandbox-signature";

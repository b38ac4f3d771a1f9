import type { Bus } from "@kismet/bus";
import { type Member, MemberSignal } from "@kismet/contracts";
import type { Database } from "@kismet/database";
import type { Schema } from "../changes/change-repository.ts";
import { ConversationNotFound } from "../conversations/conversation-errors.ts";
import { findPartner } from "../conversations/conversation-repository.ts";

/** Clients say it again while it lasts; more often than this it tells nobody anything. */
const throttleMs = 3_000;

/** Of one socket: tells the other one that the member is typing. Kept nowhere, throttled, dropped when in doubt. */
export function createTyping(database: Database<Schema>, bus: Bus) {
  let told: { conversationId: string; at: number } | undefined;

  return async ({ memberId }: Member, conversationId: string): Promise<void> => {
    const now = performance.now();
    if (told?.conversationId === conversationId && now - told.at < throttleMs) return;
    told = { conversationId, at: now };
    const partnerId = await findPartner(database, conversationId, memberId);
    if (!partnerId) throw new ConversationNotFound();
    bus.signal(MemberSignal, partnerId, { type: "typing", conversationId, memberId });
  };
}

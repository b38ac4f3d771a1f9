import type { Bus } from "@kismet/bus";
import { type Change, MemberSignal } from "@kismet/contracts";
import { afterCommit, type Transaction } from "@kismet/database";
import { insertChanges, type NewChange, type Schema } from "./change-repository.ts";

/** Where use cases put what happened. */
export type Feed = {
  /** Writes the changes with the transaction, and tells the sockets once it has committed. */
  append(tx: Transaction<Schema>, added: readonly NewChange[]): Promise<void>;
  /** Tells whoever holds sockets of the member. May be lost: the sockets then look into the feed a little later. */
  announce(memberId: string, seq: number, change: Change): void;
};

export function createFeed(bus: Bus): Feed {
  function announce(memberId: string, seq: number, change: Change): void {
    bus.signal(MemberSignal, memberId, { type: "change", seq, change });
  }

  return {
    announce,
    async append(tx, added) {
      if (added.length === 0) return;
      const seqs = await insertChanges(tx, added);
      afterCommit(tx, () => {
        for (const [i, { memberId, change }] of added.entries())
          announce(memberId, seqs[i] as number, change);
      });
    },
  };
}

/** The same change at both members, each seeing the other as the partner. */
export function forBoth(
  conversationId: string,
  [one, other]: readonly [string, string],
  changeFor: (conversationId: string, partnerId: string) => Change,
): NewChange[] {
  return [
    { memberId: one, conversationId, change: changeFor(conversationId, other) },
    { memberId: other, conversationId, change: changeFor(conversationId, one) },
  ];
}

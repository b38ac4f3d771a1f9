import { strict, Uuid } from "./schema.ts";
import { Type } from "typebox";
import { defineSignal } from "./subject.ts";

/** Tells the instances that hold a member's sockets that the member's change feed has grown to `seq`. */
export const MemberChanged = defineSignal({
  subject: (memberId) => `chat.deliver.${memberId}`,
  payload: strict({ memberId: Uuid, seq: Type.Integer({ minimum: 1 }) }),
});

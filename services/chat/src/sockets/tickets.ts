import { createHash, randomBytes } from "node:crypto";
import { Member, type SocketTicket, strict } from "@kismet/contracts";
import { Unauthenticated } from "@kismet/service-kit";
import type { Redis } from "ioredis";
import { type Static, Type } from "typebox";
import { Compile } from "typebox/compile";
import type { Credential } from "./chat-socket.ts";

const Holder = strict({
  member: Member,
  issuedAt: Type.Integer({ minimum: 0 }),
  kid: Type.String({ minLength: 1, maxLength: 64 }),
});
const holder = Compile(Holder);

/**
 * What stands in for the access token where a browser can't send one: a WebSocket takes no headers, and an address is
 * no place for a token. Redis keeps the hash alone, so that whoever reads it there can't use it.
 */
export type Tickets = {
  issue(credential: Credential): Promise<Static<typeof SocketTicket>>;
  /** Good once. Throws UNAUTHENTICATED. */
  redeem(ticket: string): Promise<Credential>;
};

export function createTickets(redis: Redis, expiresInSeconds: number): Tickets {
  return {
    async issue({ member, issuedAt, kid }) {
      const ticket = randomBytes(32).toString("base64url");
      const value: Static<typeof Holder> = { member, issuedAt: issuedAt.getTime(), kid };
      await redis.set(keyOf(ticket), JSON.stringify(value), "EX", expiresInSeconds);
      return { ticket, expiresInSeconds };
    },
    async redeem(ticket) {
      // Read and removed in one step: of two sockets with the same ticket one gets in.
      const stored = await redis.getdel(keyOf(ticket));
      const value: unknown = stored === null ? undefined : JSON.parse(stored);
      if (!holder.Check(value)) throw new Unauthenticated("The ticket is unknown, used or too old.");
      return { member: value.member, issuedAt: new Date(value.issuedAt), kid: value.kid };
    },
  };
}

function keyOf(ticket: string): string {
  return `chat:ticket:${createHash("sha256").update(ticket).digest("base64url")}`;
}

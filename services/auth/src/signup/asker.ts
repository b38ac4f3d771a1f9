import type { Digests } from "../secrets/digests.ts";
import { guesserOf } from "../signin/place-in-net.ts";

/**
 * Who asks for something by an address that nobody has proven yet, as far as it can be told: by network. A keyed hash that
 * tells nothing of another address's.
 */
export function askerOf(digests: Digests, email: string, address: string): string {
  return digests.of("asker", email, guesserOf(address));
}

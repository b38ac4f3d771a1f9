import { Counter, Overloaded, type Parts } from "@kismet/service-kit";
import type { Config } from "../config.ts";
import { TooManySockets } from "../gateway-errors.ts";
import { addressKey } from "../limits/address-key.ts";

/** Until then somebody may have left. */
const retryAfterSeconds = 10;

/**
 * How many sockets there may be: each costs two connections and their buffers for as long as its client likes, so that rates alone
 * do not bound them. One takes its seat before the service is asked, and leaves it when its connection closes.
 */
export function createSeats(parts: Parts<Config>): (ip: string) => { leave(): void } {
  const { maxSockets, maxSocketsPerAddress } = parts.config;
  const taken = new Map<string, number>();
  let total = 0;
  const refused = new Counter({
    name: "kismet_gateway_sockets_refused_total",
    help: "WebSockets refused because there are as many as there may be",
    labelNames: ["of"],
    registers: [parts.metrics],
  });

  return (ip) => {
    const key = addressKey(ip);
    const before = taken.get(key) ?? 0;
    if (before >= maxSocketsPerAddress) {
      refused.inc({ of: "address" });
      throw new TooManySockets(retryAfterSeconds);
    }
    if (total >= maxSockets) {
      refused.inc({ of: "process" });
      throw new Overloaded(retryAfterSeconds);
    }
    taken.set(key, before + 1);
    total += 1;
    return {
      leave() {
        const left = (taken.get(key) ?? 1) - 1;
        if (left === 0) taken.delete(key);
        else taken.set(key, left);
        total -= 1;
      },
    };
  };
}

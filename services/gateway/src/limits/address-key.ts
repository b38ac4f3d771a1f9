import { normalizeIP } from "@fastify/rate-limit";

/** What one household gets; its hosts change the rest at will. */
const ipv6Subnet = 64;
const maxCached = 10_000;
/** Finding the subnet takes as long as the rest of a limit does; an address comes again and again. */
const cached = new Map<string, string>();

/** By what an address is counted: itself, or of IPv6 its /64. */
export function addressKey(ip: string): string {
  if (!ip.includes(":")) return ip;
  let key = cached.get(ip);
  if (key === undefined) {
    key = normalizeIP(ip, ipv6Subnet);
    if (cached.size >= maxCached) cached.clear();
    cached.set(ip, key);
  }
  return key;
}

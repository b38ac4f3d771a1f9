import { BlockList, isIPv4, isIPv6 } from "node:net";
import { networkOf, plainAddress } from "@kismet/service-kit";

/** Loopback, private, link-local, shared and unique local addresses. */
const inside = new BlockList();
for (const [address, prefix] of [
  ["127.0.0.0", 8],
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["169.254.0.0", 16],
  ["100.64.0.0", 10],
] as const)
  inside.addSubnet(address, prefix, "ipv4");
inside.addAddress("::1", "ipv6");
inside.addSubnet("fc00::", 7, "ipv6");
inside.addSubnet("fe80::", 10, "ipv6");

/** The network of an address; `local` for addresses that mean nothing outside. */
export function placeInNet(address: string): string {
  const plain = plainAddress(address);
  const isInside =
    (isIPv4(plain) && inside.check(plain, "ipv4")) || (isIPv6(plain) && inside.check(plain, "ipv6"));
  return isInside ? "local" : (networkOf(plain) ?? "unknown");
}

/** Whose tries are counted together: one address of IPv4, a /64 of IPv6, of which anybody has billions of addresses. */
export function guesserOf(address: string): string {
  const plain = plainAddress(address);
  return isIPv6(plain) ? (networkOf(plain, 64) ?? plain) : plain;
}

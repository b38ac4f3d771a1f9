import { BlockList, isIPv4, isIPv6, SocketAddress } from "node:net";

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

/**
 * The network of an address: /24 of IPv4, /48 of IPv6, which is what a household or an office is given, and changes
 * seldom; `local` for addresses that mean nothing outside.
 */
export function networkOf(address: string): string {
  const plain = plainAddress(address);
  if (isIPv4(plain)) {
    if (inside.check(plain, "ipv4")) return "local";
    return `${plain.split(".").slice(0, 3).join(".")}.0/24`;
  }
  if (!isIPv6(plain)) return "unknown";
  return inside.check(plain, "ipv6") ? "local" : `${groupsOf(plain).slice(0, 3).join(":")}::/48`;
}

/** Whose tries are counted together: one address of IPv4, a /64 of IPv6, of which anybody has billions of addresses. */
export function guesserOf(address: string): string {
  const plain = plainAddress(address);
  return isIPv6(plain) ? `${groupsOf(plain).slice(0, 4).join(":")}::/64` : plain;
}

/** `::ffff:192.0.2.1` is 192.0.2.1. */
function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? address;
}

function groupsOf(address: string): string[] {
  const { address: shortest } = new SocketAddress({ address: address.replace(/%.*$/, ""), family: "ipv6" });
  const [head = "", tail] = shortest.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array.from({ length: Math.max(0, missing) }, () => "0"), ...after].map((group) =>
    group.replace(/^0+(?=.)/, "").toLowerCase(),
  );
}

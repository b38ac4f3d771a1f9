import { isIPv4, isIPv6, SocketAddress } from "node:net";

const bitsOfGroup = 16;

/** The IPv4 address within `::ffff:192.0.2.1`; any other address as it is. */
export function plainAddress(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

/**
 * The network that an address is in: of IPv4 its /24; of IPv6 the first `bits`, a multiple of 16 (/48 is what a household
 * or an office is given, and changes seldom). Undefined for what is no address.
 */
export function networkOf(address: string, bits: 48 | 64 = 48): string | undefined {
  const plain = plainAddress(address);
  if (isIPv4(plain)) return plain.replace(/\.\d+$/, ".0/24");
  if (!isIPv6(plain)) return undefined;
  return `${groupsOf(plain)
    .slice(0, bits / bitsOfGroup)
    .join(":")}::/${bits}`;
}

/** All eight, without zeros in front, whatever the spelling. */
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

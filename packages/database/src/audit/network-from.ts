import { isIPv4, isIPv6 } from "node:net";

/** An address, coarsened so that it names a neighbourhood of the net and nobody in it: IPv4 by /24, IPv6 by /48. */
export function networkFrom(address: string | undefined): string | null {
  if (address === undefined) return null;
  const plain = address.replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.)/i, "");
  if (isIPv4(plain)) return plain.replace(/\.\d+$/, ".0/24");
  if (!isIPv6(plain)) return null;
  const [head = "", tail] = plain.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const gap = tail === undefined ? 0 : 8 - front.length - back.length;
  const groups = [...front, ...Array.from({ length: Math.max(0, gap) }, () => "0"), ...back];
  const prefix = groups.slice(0, 3).map((group) => Number.parseInt(group, 16).toString(16));
  return `${prefix.join(":")}::/48`;
}

export type Variant = "stable" | "canary";

const buckets = 10_000;

/**
 * Which of the two serves somebody: always the same one while the weight is the same, and whoever has been at the canary
 * stays there when it gets more. Another service's canary has other members, or the same few would try everything.
 */
export function decideVariant(service: string, key: string, weight: number): Variant {
  if (weight <= 0) return "stable";
  return hash(`${service} ${key}`) % buckets < (weight * buckets) / 100 ? "canary" : "stable";
}

/** FNV-1a (RFC 9923), its high bits folded down: of ids that differ in few places the low ones alone are uneven. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}

/** Where to look for candidates, from the nearest outwards; the next is asked only if the ones before are too few. */
export type Scope = { level: "local" | "near" | "region"; radiusKm: number } | { level: "world" };

/**
 * How far each level reaches, in steps of distances: the finer its cells, the fewer people outside of the radius are
 * looked at. Beyond the widest, only those who look anywhere see each other.
 */
const levels = [
  { level: "local", radiusKm: 10 },
  { level: "near", radiusKm: 40 },
  { level: "region", radiusKm: 500 },
] as const;

export function decideScopes(radiusKm: number | null): Scope[] {
  if (radiusKm === null) return [...levels, { level: "world" }];
  const inner = levels.filter((scope) => scope.radiusKm < radiusKm);
  const outermost = levels.find((scope) => scope.radiusKm >= radiusKm);
  return outermost ? [...inner, { level: outermost.level, radiusKm }] : inner;
}

/** A table that has nothing to do with members, or of which another takes care; its columns are named, so that a new one is looked at. */
export function untouched<const C extends string>(why: string, columns: readonly C[]) {
  const reasons = Object.fromEntries(columns.map((column) => [column, why])) as Record<C, string>;
  return { exported: [], withheld: reasons, erased: [], kept: reasons } as const;
}

/**
 * Pairs out of two halves of the members, each pair once: the n-th member of the one half meets those of the other in
 * turn. Pairs that follow each other have nobody in common, so that no lock is waited for that real members would not.
 */
export function coupleAt<T>(members: readonly T[], index: number): [T, T] {
  const half = Math.floor(members.length / 2);
  const first = index % half;
  const second = half + ((first + Math.floor(index / half)) % half);
  return [members[first] as T, members[second] as T];
}

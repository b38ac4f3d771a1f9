/**
 * One against each restriction. An appeal against one whose place another has taken waits on, against that, and can be put
 * anew: what is said now may be something else.
 */
export function mayAppeal(
  restriction: { madeAt: Date },
  appeal: { madeAt: Date; decidedAt: Date | null } | undefined,
): boolean {
  return appeal === undefined || (appeal.decidedAt === null && appeal.madeAt < restriction.madeAt);
}

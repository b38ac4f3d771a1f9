const windowMs = 3_600_000;
/** Of one member within the window: each of these is told of, and then each time that there are twice as many. */
const firstOfEach = 10;
/** Of everybody, and so the size of the map too: what is more is an attack, which a metric tells of. */
const mostInAll = 1_000;

/**
 * Which refusals are recorded, so that whoever is refused can't fill what they are recorded in: of a million of one member
 * there are 27 rows, and the last tells how many there were by then.
 */
export class RefusalBudget {
  readonly #counts = new Map<string, number>();
  #since = Number.NEGATIVE_INFINITY;
  #recorded = 0;

  /** How many there were of this member, if this one is to be recorded. */
  take(memberId: string, now: Date): number | undefined {
    const at = now.getTime();
    // Either way: a clock that was set back must not keep a window open.
    if (Math.abs(at - this.#since) >= windowMs) {
      this.#since = at;
      this.#counts.clear();
      this.#recorded = 0;
    }
    const before = this.#counts.get(memberId);
    if (before === undefined && this.#recorded >= mostInAll) return undefined;
    const count = (before ?? 0) + 1;
    this.#counts.set(memberId, count);
    if (this.#recorded >= mostInAll || !isToldOf(count)) return undefined;
    this.#recorded += 1;
    return count;
  }
}

function isToldOf(count: number): boolean {
  return count <= firstOfEach || Number.isInteger(Math.log2(count / firstOfEach));
}

/**
 * Who did something how often in the last while, in this process. Exact: it remembers when, as often as is allowed.
 * Bounded in members; of too many the longest silent ones are forgotten.
 */
export class SlidingWindow {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #maxMembers: number;
  readonly #times = new Map<string, number[]>();

  constructor(limit: number, windowMs: number, maxMembers: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
    this.#maxMembers = maxMembers;
  }

  /** 0 if it may happen, and it is counted; else for how many milliseconds it may not. */
  take(id: string, now: number): number {
    const known = this.#times.get(id) ?? [];
    const recent = known.filter((time) => now - time < this.#windowMs);
    // Set anew, so that the map stays in order of last use.
    this.#times.delete(id);
    this.#times.set(id, recent);
    this.#forget();
    const oldest = recent[0];
    if (oldest !== undefined && recent.length >= this.#limit) return oldest + this.#windowMs - now;
    recent.push(now);
    return 0;
  }

  #forget(): void {
    if (this.#times.size <= this.#maxMembers) return;
    const [longestSilent] = this.#times.keys();
    if (longestSilent !== undefined) this.#times.delete(longestSilent);
  }
}

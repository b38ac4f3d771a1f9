/** Numbers that look random and are the same for the same seed and index, on every machine. */
export class Random {
  #state: number;

  constructor(seed: number, index: number) {
    // Knuth's multiplicative constant spreads neighbouring indexes over the whole state.
    this.#state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;
    this.next();
  }

  /** From 0 up to, but not, 1: mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from `min` to `max`, both possible. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly [T, ...T[]] | readonly T[]): T {
    return values[Math.floor(this.next() * values.length)] as T;
  }

  /** `count` different ones, in the order of `values`. */
  sample<T>(values: readonly T[], count: number): T[] {
    const left = [...values.keys()];
    const chosen = Array.from({ length: count }, () => left.splice(this.integer(0, left.length - 1), 1)[0]);
    return chosen.sort((a, b) => (a ?? 0) - (b ?? 0)).map((index) => values[index ?? 0] as T);
  }

  weighted<T extends { weight: number }>(values: readonly T[]): T {
    let left = this.next() * values.reduce((sum, { weight }) => sum + weight, 0);
    return values.find(({ weight }) => (left -= weight) < 0) ?? (values.at(-1) as T);
  }

  /** Mean 0, deviation 1: Box and Muller. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  /** A UUID of version 7 whose time is given. */
  uuid(atMs: number): string {
    const time = atMs.toString(16).padStart(12, "0");
    const hex = (digits: number) =>
      Array.from({ length: digits }, () => this.integer(0, 15).toString(16)).join("");
    return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-${this.pick(["8", "9", "a", "b"])}${hex(3)}-${hex(12)}`;
  }
}

/**
 * Items that wait for a worker, in one lane an aggregate. Within a lane they are taken in order, and not before those
 * taken earlier are settled; lanes overtake each other. Knows no time and does no work: the consumer does.
 */
export class Lanes<T> {
  readonly #lanes = new Map<string, Lane<T>>();
  /** Lanes with items of which none is taken and none rests, in the order in which they became so. */
  readonly #ready = new Set<Lane<T>>();
  #size = 0;

  /** Items that are not settled yet. */
  get size(): number {
    return this.#size;
  }

  add(key: string, item: T): void {
    let lane = this.#lanes.get(key);
    if (!lane) {
      lane = { key, items: [] };
      this.#lanes.set(key, lane);
      this.#ready.add(lane);
    }
    lane.items.push(item);
    this.#size += 1;
  }

  /** The first items of the lanes that are ready, `max` altogether; each lane is to be settled. */
  take(max: number): Taken<T>[] {
    const taken: Taken<T>[] = [];
    let left = max;
    for (const lane of this.#ready) {
      if (left <= 0) break;
      const items = lane.items.slice(0, left);
      left -= items.length;
      this.#ready.delete(lane);
      taken.push({ key: lane.key, items });
    }
    return taken;
  }

  /** The first `count` items of the lane are done; it goes on with the next at once, or, if `rest`, after `resume`. */
  settle(key: string, count: number, { rest = false } = {}): void {
    const lane = this.#lanes.get(key);
    if (!lane) return;
    lane.items.splice(0, count);
    this.#size -= count;
    if (lane.items.length === 0) this.#lanes.delete(key);
    else if (!rest) this.#ready.add(lane);
  }

  resume(key: string): void {
    const lane = this.#lanes.get(key);
    if (lane) this.#ready.add(lane);
  }

  *items(): Iterable<T> {
    for (const lane of this.#lanes.values()) yield* lane.items;
  }
}

type Lane<T> = { key: string; items: T[] };
export type Taken<T> = { key: string; items: T[] };

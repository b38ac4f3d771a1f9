import { randomUUIDv7 } from "node:crypto";
import {
  continueTrace,
  type Deadline,
  deadlineIn,
  DeadlineExceeded,
  PublicError,
  requireContext,
  runWithContext,
  Unavailable,
} from "@kismet/service-kit";

/** A statement with more gets slower than two. */
const maxBatch = 64;
/** About a second of work; who comes later would wait in vain. */
const maxWaiting = 2_000;
const writeTimeoutMs = 4_000;
/** A unique key that another instance has just written: seen by the next attempt. */
const attemptsAlone = 3;

type Entry<Item, Result> = {
  item: Item;
  deadline: Deadline;
  resolve(result: Result): void;
  reject(error: unknown): void;
};

/**
 * Gathers what comes while the last batch is being written, and writes it as the next one. Nothing waits for a timer:
 * alone, an item is written at once; under load a commit is shared by many.
 * Items are written in the order in which they came. A batch that fails is taken apart, so that none fails for another.
 */
export class GroupCommit<Item, Result> {
  readonly #write: (items: Item[]) => Promise<Result[]>;
  readonly #onBatch: (size: number) => void;
  #waiting: Entry<Item, Result>[] = [];
  #isWriting = false;

  constructor(write: (items: Item[]) => Promise<Result[]>, onBatch: (size: number) => void) {
    this.#write = write;
    this.#onBatch = onBatch;
  }

  submit(item: Item): Promise<Result> {
    if (this.#waiting.length >= maxWaiting) return Promise.reject(new Unavailable());
    const { deadline, traceparent } = requireContext();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, deadline, resolve, reject });
      if (!this.#isWriting) void this.#writeAll(traceparent);
    });
  }

  /** Has a deadline of its own: that of whoever came first must not end the writing of the others. */
  async #writeAll(traceparent: string): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const context = {
        requestId: randomUUIDv7(),
        traceparent: continueTrace(traceparent),
        deadline: deadlineIn(writeTimeoutMs),
      };
      await runWithContext(context, () => this.#writeBatch(this.#waiting.splice(0, maxBatch)));
    }
    this.#isWriting = false;
  }

  async #writeBatch(taken: Entry<Item, Result>[]): Promise<void> {
    const batch = taken.filter((entry) => !this.#isLate(entry));
    if (batch.length === 0) return;
    this.#onBatch(batch.length);
    try {
      const results = await this.#write(batch.map(({ item }) => item));
      for (const [i, entry] of batch.entries()) entry.resolve(results[i] as Result);
    } catch (error) {
      // Without a database there is no use in trying one by one.
      if (error instanceof PublicError) for (const entry of batch) entry.reject(error);
      else for (const entry of batch) await this.#writeAlone(entry);
    }
  }

  async #writeAlone(entry: Entry<Item, Result>): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const [result] = await this.#write([entry.item]);
        return entry.resolve(result as Result);
      } catch (error) {
        if (attempt === attemptsAlone || error instanceof PublicError) return entry.reject(error);
      }
    }
  }

  #isLate({ deadline, reject }: Entry<Item, Result>): boolean {
    if (deadline.expired()) reject(new DeadlineExceeded());
    return deadline.expired();
  }
}

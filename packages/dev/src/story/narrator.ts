const noConnection = /fetch failed|ECONNREFUSED|ECONNRESET/;

/** Tells each step with how long it took, on standard output. */
export class Narrator {
  #steps = 0;

  get steps(): number {
    return this.#steps;
  }

  say(line: string): void {
    process.stdout.write(`${line}\n`);
  }

  chapter(title: string): void {
    this.say(`\n${title}`);
  }

  async step<T>(text: string, play: () => Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      const result = await play();
      this.#steps += 1;
      this.say(`${durationOf(started)}  ${text}`);
      return result;
    } catch (error) {
      this.say(`${durationOf(started)}  ${text}: FAILED`);
      throw error;
    }
  }
}

function durationOf(started: number): string {
  const ms = performance.now() - started;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`.padStart(10);
}

/** An answer that never came says little by itself. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error as { cause?: { message?: string } };
  return noConnection.test(error.message)
    ? `no answer: ${cause?.message ?? error.message}`
    : (error.stack ?? error.message);
}

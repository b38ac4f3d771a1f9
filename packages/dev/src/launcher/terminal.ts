import pretty from "pino-pretty";

const showAfterMs = 1_000;
const quietLevels = new Set(["warn", "error", "fatal"]);

/**
 * The launcher's own words go to standard error, the logs of the services to standard output: readable in a
 * terminal, as JSON lines elsewhere.
 */
export class Terminal {
  readonly #quiet: boolean;
  readonly #readable = process.stdout.isTTY;
  readonly #interactive = process.stderr.isTTY;
  readonly #format: (line: string) => string;
  #progress = "";

  constructor({ quiet }: { quiet: boolean }) {
    this.#quiet = quiet;
    const format = pretty.prettyFactory({
      messageKey: "message",
      messageFormat: "{service}: {message}",
      ignore: "instanceId,service,pid,hostname",
      translateTime: "SYS:HH:MM:ss.l",
      singleLine: true,
      colorize: pretty.isColorSupported,
    });
    this.#format = (line) => format(line) ?? "";
    // The reader may be gone (a closed terminal, `| head`): what is running must still be stopped in order.
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  }

  /** News that is shown even with `--quiet`. */
  say(text: string): void {
    this.#write(process.stderr, `${text}\n`);
  }

  /** A line of a service's output. */
  log(service: string, line: string): void {
    const entry = parse(service, line);
    if (this.#quiet && !quietLevels.has(String(entry["level"]))) return;
    const json = JSON.stringify(entry);
    this.#write(process.stdout, this.#readable ? this.#format(json) : `${json}\n`);
  }

  /** For programs that read the output: nothing that a person needs to see twice. */
  report(entry: Record<string, unknown>): void {
    if (this.#readable) return;
    this.#write(
      process.stdout,
      `${JSON.stringify({ level: "info", time: new Date().toISOString(), ...entry })}\n`,
    );
  }

  /** Does the work and says so if it takes longer than a second; `update` changes what is said. */
  async task<T>(label: string, work: (update: (detail: string) => void) => Promise<T>): Promise<T> {
    const started = Date.now();
    let detail = "";
    let shown = false;
    const timer = setInterval(() => {
      if (this.#quiet) return;
      const seconds = Math.round((Date.now() - started) / 1_000);
      const text = `${label} ... ${detail || `${seconds} s`}`;
      if (this.#interactive) this.#show(text);
      else if (!shown || seconds % 10 === 0) this.say(text);
      shown = true;
    }, showAfterMs);
    try {
      return await work((news) => (detail = news));
    } finally {
      clearInterval(timer);
      this.#show("");
      if (shown) this.say(`${label}: ${((Date.now() - started) / 1_000).toFixed(1)} s`);
    }
  }

  /** The one line at the bottom that is written over. */
  #show(text: string): void {
    if (!this.#interactive) return;
    process.stderr.write(`\r\u001b[K${text}`);
    this.#progress = text;
  }

  #write(stream: NodeJS.WriteStream, text: string): void {
    const progress = this.#progress;
    this.#show("");
    stream.write(text);
    if (progress) this.#show(progress);
  }
}

/** What is not a line of the logger, such as a crash of the runtime, becomes one. */
function parse(service: string, line: string): Record<string, unknown> {
  if (line.startsWith("{")) {
    try {
      return JSON.parse(line) as Record<string, unknown>;
    } catch {
      // Falls through: it only looked like one.
    }
  }
  return { level: "error", time: new Date().toISOString(), service, message: line };
}

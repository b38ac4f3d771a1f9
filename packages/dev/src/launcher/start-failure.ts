import { LaunchError } from "./launch-error.ts";

const ofConfiguration =
  "What npm start gives each service is in packages/dev/src/service-environment.ts, what containers get in docker-compose.yml.";

/** Reads along with what a service logs, for the one line that says why it did not start. */
export class StartFailure {
  readonly #service: string;
  #cause: string | undefined;

  constructor(service: string) {
    this.#service = service;
  }

  read(line: string): void {
    if (this.#cause !== undefined || !line.startsWith('{"level":"fatal"')) return;
    const { message, err } = JSON.parse(line) as { message: string; err?: { type: string; message: string } };
    this.#cause = err?.message ?? message;
    if (err?.type === "ConfigurationError") this.#cause += `\n${ofConfiguration}`;
  }

  /** Without a stack: that of the service is in its log, the launcher's would tell nothing. */
  explain(error: Error): LaunchError {
    return new LaunchError(
      this.#cause === undefined ? error.message : `${this.#service} could not start: ${this.#cause}`,
    );
  }
}

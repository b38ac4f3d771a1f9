import { setTimeout as delay } from "node:timers/promises";
import type { Problem } from "@kismet/contracts";
import { show, Unexpected } from "./expect.ts";

/** Longer than the deadline of any route: the gateway has to answer before. */
const answerTimeoutMs = 15_000;
/** A window of the gateway's limits. */
/** Several who waited for one place all come at the same moment. */
const maxAttempts = 4;
const maxWaitSeconds = 60;

export type Question = {
  token?: string | undefined;
  body?: unknown;
  headers?: Record<string, string>;
};

/** The only address that the story knows. */
export class Gateway {
  readonly url: string;
  readonly #say: (line: string) => void;

  constructor(url: string, say: (line: string) => void) {
    this.url = url.replace(/\/$/, "");
    this.#say = say;
  }

  /** Waits as it is told if there were too many requests from here, as there are when the story is told in a row. */
  async ask(method: string, path: string, question: Question = {}): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#send(method, path, question);
      const seconds = Number(answer.headers.get("retry-after"));
      const isLimited = (answer.body as Problem | null)?.code === "RATE_LIMITED";
      if (!isLimited || attempt === maxAttempts || !(seconds > 0 && seconds <= maxWaitSeconds)) return answer;
      this.#say(`            (rate limited: waiting ${seconds} s)`);
      await delay(seconds * 1_000);
    }
  }

  async #send(method: string, path: string, { token, body, headers }: Question): Promise<Answer> {
    const response = await fetch(new URL(path, `${this.url}/`), {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(answerTimeoutMs),
    });
    const text = await response.text();
    return new Answer(`${method} ${path}`, response, text === "" ? null : parse(text));
  }
}

/** What the gateway said, and what was asked. */
export class Answer {
  readonly question: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;

  constructor(question: string, { status, headers }: Response, body: unknown) {
    this.question = question;
    this.status = status;
    this.headers = headers;
    this.body = body;
    if (!headers.get("x-request-id")) throw this.unexpected("an x-request-id");
  }

  /** The body, if the status is this one. */
  as<T>(status = 200): T {
    if (this.status !== status) throw this.unexpected(String(status));
    return this.body as T;
  }

  /** The problem, if it was refused in just this way. */
  refused(status: number, code: string): Problem {
    const problem = this.body as Problem | null;
    const isProblem = this.headers.get("content-type")?.startsWith("application/problem+json") ?? false;
    if (this.status !== status || problem?.code !== code || !isProblem) {
      throw this.unexpected(`${status} ${code} as problem details`);
    }
    return problem;
  }

  unexpected(expected: string): Unexpected {
    const requestId = this.headers.get("x-request-id") ?? "none";
    return new Unexpected(
      `${expected} for ${this.question}`,
      `${this.status} ${show(this.body)} (request ${requestId})`,
    );
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

import { Client, type Dispatcher } from "undici";

type Request = { path: string; method: "GET" | "POST"; headers: Record<string, string>; body?: string };

/** One keep-alive connection, without what undici's `request` adds for comfort: the client shares the machine. */
export class HttpConnection {
  readonly #client: Client;

  constructor(origin: string) {
    this.#client = new Client(origin, { pipelining: 1 });
  }

  /** Resolves with the status once the whole body is here. */
  send(request: Request): Promise<number> {
    return new Promise((resolve, reject) => {
      let status = 0;
      const handler: Dispatcher.DispatchHandler = {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, statusCode) => void (status = statusCode),
        onResponseData: () => undefined,
        onResponseEnd: () => resolve(status),
        onResponseError: (_controller, error) => reject(error),
      };
      this.#client.dispatch(request, handler);
    });
  }
}

import { setTimeout as delay } from "node:timers/promises";
import { type Parts, Unavailable } from "@kismet/service-kit";
import { jetstream, type JetStreamClient, type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection, type NodeConnectionOptions } from "@nats-io/transport-node";

export type NatsConfig = { natsUrl: string; natsReplicas: number; instanceId: string };

const connectTimeoutMs = 2_000;
const longestWaitMs = 2_000;
/** A server that has stopped answering is left after two of these. */
const pingEveryMs = 1_000;
/** For answers of JetStream: acknowledgements of what is published, and its API. */
const jetstreamTimeoutMs = 3_000;

/** One connection a process, which reconnects for ever. Nothing is sent, or kept to be sent later, while it is down. */
export class Nats {
  readonly #parts: Parts<NatsConfig>;
  readonly #stopping = new AbortController();
  readonly #onReconnect: (() => void)[] = [];
  #link: { connection: NatsConnection; client: JetStreamClient; manager: JetStreamManager } | undefined;
  #isUp = false;

  constructor(parts: Parts<NatsConfig>) {
    this.#parts = parts;
  }

  /** Throws UNAVAILABLE while there is no connection: a message that lies in a buffer is worse than one not sent. */
  get connection(): NatsConnection {
    return this.#required().connection;
  }

  get jetstream(): JetStreamClient {
    return this.#required().client;
  }

  get manager(): JetStreamManager {
    return this.#required().manager;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Also while the connection is down: subscriptions survive that. */
  get subscriber(): NatsConnection | undefined {
    return this.#link?.connection;
  }

  onReconnect(listener: () => void): void {
    this.#onReconnect.push(listener);
  }

  /** Returns once connected, however long that takes. */
  async start(): Promise<void> {
    for (let waitMs = 50; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
      try {
        const connection = await connect(this.#options());
        const options = { timeout: jetstreamTimeoutMs };
        this.#link = {
          connection,
          client: jetstream(connection, options),
          manager: await jetstreamManager(connection, { ...options, checkAPI: false }),
        };
        this.#isUp = true;
        void this.#watch(connection);
        return;
      } catch (error) {
        if (this.#stopping.signal.aborted) throw error;
        this.#parts.logger.warn({ err: error, waitMs }, "waiting for NATS");
      }
      await delay(waitMs * (0.5 + Math.random() / 2), undefined, { signal: this.#stopping.signal });
    }
  }

  /** What has been handed over is sent; a server that is away is not waited for. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const connection = this.#link?.connection;
    if (!connection || connection.isClosed()) return;
    if (this.#isUp) await connection.drain();
    else await connection.close();
  }

  async probe(): Promise<void> {
    await this.connection.rtt();
  }

  #required() {
    if (!this.#link || !this.#isUp) throw new Unavailable(new Error("not connected to NATS"));
    return this.#link;
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === "disconnect") {
        this.#isUp = false;
        this.#parts.logger.warn("disconnected from NATS");
      } else if (status.type === "reconnect") {
        this.#isUp = true;
        this.#parts.logger.info("reconnected to NATS");
        for (const listener of this.#onReconnect) listener();
      } else if (status.type === "error" || status.type === "slowConsumer") {
        this.#parts.logger.warn({ status: status.type }, "NATS reports trouble");
      }
    }
    this.#isUp = false;
  }

  #options(): NodeConnectionOptions {
    const { natsUrl, instanceId } = this.#parts.config;
    const { hostname, port, protocol, username, password } = new URL(natsUrl);
    return {
      servers: `${hostname}:${port || "4222"}`,
      name: `kismet-${this.#parts.name} ${instanceId}`,
      ...(username ? { user: decodeURIComponent(username), pass: decodeURIComponent(password) } : {}),
      ...(protocol === "tls:" ? { tls: {} } : {}),
      timeout: connectTimeoutMs,
      pingInterval: pingEveryMs,
      maxPingOut: 2,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 200,
      reconnectJitter: 200,
      ignoreAuthErrorAbort: true,
      noAsyncTraces: true,
    };
  }
}

import type { PayloadOf, SignalContract } from "@kismet/contracts";
import { contextFromHeaders, contextHeaders, type Parts, runWithContext } from "@kismet/service-kit";
import { headers as natsHeaders, type Msg, type Subscription } from "@nats-io/nats-core";
import type { Nats, NatsConfig } from "./connection.ts";
import { assertValid, faultsOf, parseJson } from "./wire.ts";

export type Listening = { stop(): void };

const handlerTimeoutMs = 5_000;

type Listener = { subject: string; receive: (message: Msg) => void; subscription?: Subscription };

/** Hints over core NATS: whoever listens now gets them, at most once. */
export class Signals {
  readonly #parts: Parts<NatsConfig>;
  readonly #nats: Nats;
  /** Those from before the connection; it keeps the others by itself. */
  readonly #waiting = new Set<Listener>();

  constructor(parts: Parts<NatsConfig>, nats: Nats) {
    this.#parts = parts;
    this.#nats = nats;
  }

  /** Does nothing while NATS is away: who missed it reads the truth later, as after any lost signal. */
  signal<C extends SignalContract>(contract: C, id: string, payload: PayloadOf<C>): void {
    const subject = subjectOf(contract, id);
    assertValid(contract.payload, payload, subject);
    if (!this.#nats.isUp) return;
    const message = natsHeaders();
    for (const [name, value] of Object.entries(contextHeaders())) {
      if (name !== "authorization") message.set(name, value);
    }
    this.#nats.connection.publish(subject, JSON.stringify(payload), { headers: message });
  }

  listen<C extends SignalContract>(
    contract: C,
    id: string,
    handler: (payload: PayloadOf<C>) => Promise<void> | void,
  ): Listening {
    const subject = subjectOf(contract, id);
    const receive = (message: Msg) => {
      const get = (name: string) => message.headers?.get(name) || undefined;
      void runWithContext(contextFromHeaders(get, { timeoutMs: handlerTimeoutMs }), async () => {
        try {
          const payload = parseJson(message.string());
          if (faultsOf(contract.payload, payload).length > 0) throw new Error("does not fit its schema");
          await handler(payload as PayloadOf<C>);
        } catch (error) {
          this.#parts.logger.error({ err: error, subject }, "signal failed");
        }
      });
    };
    const listener: Listener = { subject, receive };
    if (this.#nats.subscriber) this.#subscribe(listener);
    else this.#waiting.add(listener);
    return {
      stop: () => {
        this.#waiting.delete(listener);
        listener.subscription?.unsubscribe();
      },
    };
  }

  start(): void {
    for (const listener of this.#waiting) this.#subscribe(listener);
    this.#waiting.clear();
  }

  #subscribe(listener: Listener): void {
    const subscription = this.#nats.subscriber?.subscribe(listener.subject, {
      callback: (error, message) => {
        if (!error) listener.receive(message);
      },
    });
    if (subscription) listener.subscription = subscription;
  }
}

/** An id that held a wildcard would listen to everybody. */
function subjectOf(contract: SignalContract, id: string): string {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) throw new Error("this id can't be part of a subject");
  return contract.subject(id);
}

import type { EventContract, PayloadOf, RequestContract, SignalContract } from "@kismet/contracts";
import { type AnyDatabase, holdLeadership } from "@kismet/database";
import type { DatabaseConfig } from "@kismet/database";
import type { Parts } from "@kismet/service-kit";
import type { Static } from "typebox";
import { Nats, type NatsConfig } from "./connection.ts";
import { Consumer, type ConsumerDeclaration } from "./consumer.ts";
import { Effects } from "./effects.ts";
import { createForgetting, type Forgetting } from "./forgetting.ts";
import { outboxTopic } from "./emit.ts";
import { BusMetrics } from "./metrics.ts";
import { serveOperations } from "./ops-endpoints.ts";
import { Rebuild } from "./rebuild.ts";
import { Relay } from "./relay.ts";
import { Requests } from "./requests.ts";
import { Responders } from "./responders.ts";
import { type Listening, Signals } from "./signals.ts";
import { Watch, type WatchHandler, type Watching } from "./watch.ts";

/** What a service says and hears, for the enumeration of all of it. */
export type BusContracts = {
  serves: readonly RequestContract[];
  consumes: readonly { consumer: string; event: EventContract }[];
  watches: readonly EventContract[];
};

export type Bus = {
  /** Answers a request. The handler runs in the asker's context; PublicErrors that it throws reach the asker. */
  serve<C extends RequestContract>(
    contract: C,
    handler: (payload: Static<C["request"]>) => Promise<Static<C["reply"]>>,
  ): void;
  request<C extends RequestContract>(contract: C, payload: Static<C["request"]>): Promise<Static<C["reply"]>>;
  /** Applies another service's events to this one's tables. Needs a database. */
  consume(declaration: ConsumerDeclaration): void;
  signal<C extends SignalContract>(contract: C, id: string, payload: PayloadOf<C>): void;
  listen<C extends SignalContract>(
    contract: C,
    id: string,
    handler: (payload: PayloadOf<C>) => Promise<void> | void,
  ): Listening;
  /** Shows an event to each instance: those of the last `sinceMs` before the start has ended, then as they come. */
  watch<C extends EventContract>(event: C, options: { sinceMs: number }, handler: WatchHandler<C>): Watching;
  contracts: BusContracts;
  /** Of a member who is erased. Needs a database. */
  forgetting: Forgetting;
};

/** Without a database a process can ask, answer, watch and signal, but has no events of its own. */
export function createBus(parts: Parts<NatsConfig>): Bus;
export function createBus(parts: Parts<NatsConfig & DatabaseConfig>, database: AnyDatabase): Bus;
export function createBus(parts: Parts<NatsConfig>, database?: AnyDatabase): Bus {
  const nats = new Nats(parts);
  const requests = new Requests(parts, nats);
  const responders = new Responders(parts);
  const signals = new Signals(parts, nats);
  const watches: { event: EventContract; watch: Watch }[] = [];
  const durable = database
    ? new DurableParts(parts as Parts<NatsConfig & DatabaseConfig>, database, { nats, requests, responders })
    : undefined;

  parts.health.add("nats", () => nats.probe(), { required: true });
  parts.health.add("events", async () => watches.forEach(({ watch }) => watch.probe()), { required: true });
  parts.lifecycle.add({ name: "nats", start: () => nats.start(), stop: () => nats.stop() });
  parts.lifecycle.add({
    name: "bus",
    async start() {
      signals.start();
      durable?.start();
      await Promise.all(watches.map(({ watch }) => watch.start()));
      await responders.start(nats);
    },
    async stop() {
      await responders.stop();
      await Promise.all(watches.map(({ watch }) => watch.stop()));
    },
  });
  durable?.lead();

  return {
    serve: (contract, handler) => responders.add(contract, handler),
    request: (contract, payload) => requests.request(contract, payload),
    consume(declaration) {
      if (!durable) throw new Error("a consumer needs a database");
      durable.consume(declaration);
    },
    signal: (contract, id, payload) => signals.signal(contract, id, payload),
    listen: (contract, id, handler) => signals.listen(contract, id, handler),
    watch(event, options, handler) {
      const watch = new Watch(parts, nats, event, options, handler);
      watches.push({ event, watch });
      return watch;
    },
    get forgetting() {
      if (!durable) throw new Error("who has no database has told nothing that is kept");
      return durable.forgetting;
    },
    get contracts() {
      return {
        serves: responders.contracts,
        consumes: durable?.consumed ?? [],
        watches: watches.map(({ event }) => event),
      };
    },
  };
}

type Links = { nats: Nats; requests: Requests; responders: Responders };

/** What a service with a database has besides: its outbox's relay and its consumers, each led by one instance. */
class DurableParts {
  readonly #parts: Parts<NatsConfig & DatabaseConfig>;
  readonly #database: AnyDatabase;
  readonly #links: Links;
  readonly #relay: Relay;
  readonly #metrics: BusMetrics;
  readonly #consumers = new Map<string, Consumer>();
  readonly forgetting: Forgetting;

  constructor(parts: Parts<NatsConfig & DatabaseConfig>, database: AnyDatabase, links: Links) {
    this.#parts = parts;
    this.#database = database;
    this.#links = links;
    this.#relay = new Relay(parts, database, links.nats);
    this.#metrics = new BusMetrics(parts, database);
    this.forgetting = createForgetting(parts.name, database, links.nats);
    database.onCommit(outboxTopic, () => this.#wakeRelay());
    serveOperations(parts, database, links.responders, {
      consumers: this.#consumers,
      wake: () => this.#wakeAll(),
    });
  }

  get consumed(): { consumer: string; event: EventContract }[] {
    return [...this.#consumers.values()].flatMap(({ declaration: { name, handlers } }) =>
      handlers.map(({ event }) => ({ consumer: name, event })),
    );
  }

  consume(declaration: ConsumerDeclaration): void {
    const { name, source, handlers, poison } = declaration;
    if (this.#consumers.has(name)) throw new Error(`there are two consumers called ${name}`);
    for (const { event } of handlers) {
      if (!event.subject.startsWith(`events.${source}.`))
        throw new Error(`${event.subject} is not of ${source}`);
    }
    const schema = this.#parts.name;
    const effects = new Effects({ database: this.#database, schema, consumer: name, handlers, poison });
    const rebuild = new Rebuild(this.#parts, this.#database, this.#links.requests, effects, declaration);
    const consumer = new Consumer(this.#parts, this.#links.nats, this.#metrics, declaration, {
      effects,
      rebuild,
    });
    this.#consumers.set(name, consumer);
    this.#candidate(`consumer ${name}`, consumer);
  }

  lead(): void {
    this.#candidate("relay", this.#relay);
  }

  start(): void {
    this.#links.nats.subscriber?.subscribe(this.#wakeSubject, {
      callback: () => {
        this.#relay.wake();
        for (const consumer of this.#consumers.values()) void this.#look(consumer);
      },
    });
  }

  /** The relay may run in another instance. */
  #wakeRelay(): void {
    if (this.#relay.leads) this.#relay.wake();
    else this.#wakeAll();
  }

  #wakeAll(): void {
    const { nats } = this.#links;
    if (nats.isUp) nats.connection.publish(this.#wakeSubject);
  }

  async #look(consumer: Consumer): Promise<void> {
    try {
      await consumer.wake();
    } catch (error) {
      this.#parts.logger.debug({ err: error }, "could not look for rebuilds");
    }
  }

  get #wakeSubject(): string {
    return `wake.${this.#parts.name}`;
  }

  #candidate(name: string, candidate: { gained(): void; lost(): Promise<void> }): void {
    holdLeadership(this.#parts, this.#database, name, {
      gained: () => candidate.gained(),
      lost: () => candidate.lost(),
    });
  }
}

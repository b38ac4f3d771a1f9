import {
  type EventContract,
  GetJwks,
  ListClients,
  type PayloadOf,
  type RequestContract,
  type ServiceName,
} from "@kismet/contracts";
import { busTables, createBus, emit, type Bus } from "@kismet/bus";
import { createDatabase } from "@kismet/database";
import {
  createParts,
  DatabaseSettings,
  loadConfig,
  NatsSettings,
  ProcessSettings,
} from "@kismet/service-kit";
import { pgSchema } from "drizzle-orm/pg-core";
import { type Static, Type } from "typebox";
import { environmentOf } from "./environment-of.ts";
import type { Teardown, World } from "./world.ts";

const StandInConfig = Type.Object({ ...ProcessSettings, ...DatabaseSettings, ...NatsSettings });

type Answer<C extends RequestContract = RequestContract> = {
  contract: C;
  handler: (request: Static<C["request"]>) => Promise<Static<C["reply"]>>;
};

export type StandInOptions = {
  answers?: Answer[];
  /** Declares what else it hears, before it starts. */
  watch?: (bus: Bus) => void;
};

export type StandIn = {
  bus: Bus;
  /** Resolves once the event is in the outbox; the relay carries it on at once. */
  emit<C extends EventContract>(
    event: C,
    what: { aggregateId: string; payload: PayloadOf<C> },
  ): Promise<void>;
  stop(): Promise<void>;
};

/** Types an answer by its contract: a list of them has lost that. */
export function answer<C extends RequestContract>(contract: C, handler: Answer<C>["handler"]): Answer {
  return { contract, handler: handler as Answer["handler"] };
}

export async function startStandIn(
  t: Teardown,
  world: World,
  name: ServiceName,
  { answers = [], watch }: StandInOptions = {},
): Promise<StandIn> {
  const config = loadConfig(StandInConfig, environmentOf(StandInConfig, world.settings(name)));
  const parts = createParts(name, config);
  const database = createDatabase(parts, busTables(pgSchema(name)));
  const bus = createBus(parts, database);
  const isAnswered = (contract: RequestContract) => answers.some((each) => each.contract === contract);
  if (name === "auth") {
    bus.serve(GetJwks, async () => ({ keys: [world.signer.jwk] }));
    if (!isAnswered(ListClients)) bus.serve(ListClients, async () => ({ clients: [] }));
  }
  for (const { contract, handler } of answers) bus.serve(contract, handler);
  watch?.(bus);
  await parts.lifecycle.start();
  const stop = () => parts.lifecycle.stop();
  t.teardown(stop);
  return {
    bus,
    emit: (event, what) => database.transaction((tx) => emit(tx, event, what)),
    stop,
  };
}

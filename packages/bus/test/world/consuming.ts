import { randomUUID } from "node:crypto";
import { Unavailable } from "@kismet/service-kit";
import type { AnyTransaction } from "@kismet/database";
import { type Instance, project, target, type Teardown, type World } from "./world.ts";

type Before = (version: number, id: string, attempt: number) => Promise<void> | void;
type Options = {
  poison: "park" | "skip";
  before: Before;
  name?: string;
  reset?(tx: AnyTransaction): Promise<void>;
};

/** An instance of matching with a consumer of its own, which remembers when it tried what. */
export async function consumeWith(
  t: Teardown,
  world: World,
  { poison, before, name = `accounts-${randomUUID().slice(0, 8)}`, reset }: Options,
): Promise<{ name: string; instance: Instance; tries(id: string, version: number): number[] }> {
  const moments = new Map<string, number[]>();
  const handler = project((version, id) => {
    const key = `${id} ${version}`;
    const soFar = [...(moments.get(key) ?? []), performance.now()];
    moments.set(key, soFar);
    return before(version, id, soFar.length);
  });
  const declaration = {
    name,
    source: "auth",
    poison,
    handlers: [handler],
    ...(reset ? { reset } : {}),
  } as const;
  const instance = await world.instance(t, "matching", target, (bus) => bus.consume(declaration));
  return { name, instance, tries: (id, version) => moments.get(`${id} ${version}`) ?? [] };
}

type Trouble = { versions?: number[]; untilTry?: number; passing?: boolean };

/** Fails for the first version of these accounts, or for those named, up to a try or for ever. */
export function outOfOrder(
  ids: string[],
  { versions = [1], untilTry = Infinity, passing = false }: Trouble = {},
): Before {
  return (version, id, attempt) => {
    if (!ids.includes(id) || !versions.includes(version) || attempt >= untilTry) return;
    const error = new Error(`version ${version} is out of order`);
    throw passing ? new Unavailable(error) : error;
  };
}

/**
 * What is drawn in this test is this: the waits between tries are a known share of the longest. With a little of
 * chance, since NATS tells one request from another by what it draws.
 */
export function drawing(t: Teardown, value: number): void {
  const { random } = Math;
  Math.random = () => value + random() * 1e-6;
  t.teardown(() => {
    Math.random = random;
  });
}

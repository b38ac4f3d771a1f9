/** Couples like each other over HTTP, one after the other: every second like makes a match. An operation is one like. */
import { coupleAt } from "./couples.ts";
import { HttpConnection } from "./http-client.ts";
import { answerWith, readInput } from "./load-input.ts";
import { type LoadShape, measureAll } from "./measure.ts";
import { concurrency } from "../sections/plan.ts";

type Person = { id: string; token: string };

const { shapes, origin, members, firstCouple } = await readInput<{
  shapes: LoadShape[];
  origin: string;
  members: Person[];
  firstCouple: number;
}>();
const connections = Array.from({ length: concurrency }, () => new HttpConnection(origin));
const pending = new Map<number, [Person, Person]>();
let nextCouple = firstCouple;

answerWith(
  await measureAll(shapes, async (worker) => {
    const waiting = pending.get(worker);
    const [actor, target] = waiting ?? coupleAt(members, nextCouple++);
    if (waiting) pending.delete(worker);
    else pending.set(worker, [target, actor]);
    const status = await connections[worker]?.send({
      path: "/v1/swipes",
      method: "POST",
      headers: { authorization: `Bearer ${actor.token}`, "content-type": "application/json" },
      body: JSON.stringify({ targetId: target.id, action: "like" }),
    });
    if (status !== 201) throw new Error(`a like was answered with ${status}`);
  }),
);

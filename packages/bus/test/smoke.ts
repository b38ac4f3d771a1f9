import { test } from "tap";
import { randomUUIDv7 } from "node:crypto";
import { eventually } from "@kismet/testing";
import { World, changeAccount, project, assertEffects, source, target } from "./world/world.ts";
test("smoke", async (t) => {
  const world = await World.start(t);
  const auth = await world.instance(t, "auth", source);
  await world.instance(t, "matching", target, (bus) => bus.consume({ name: "accounts", source: "auth", handlers: [project()], poison: "park" }));
  const id = randomUUIDv7();
  const b = performance.now();
  await changeAccount(auth.database, id, 1, 5);
  await eventually(() => assertEffects(world, new Map([[id, 5]])), { timeoutMs: 5000 });
  t.comment(performance.now() - b);
});

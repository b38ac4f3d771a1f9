/** A small service in a process of its own, which misbehaves on request. */
import { setTimeout as delay } from "node:timers/promises";
import { type RoutePolicy, strict } from "@kismet/contracts";
import { Type } from "typebox";
import { createHttpApp, createRevocations, ProcessSettings, runService } from "../src/index.ts";

const policy: RoutePolicy = {
  auth: "public",
  limit: "read",
  bodyLimit: 1,
  timeoutMs: 5_000,
  idempotent: true,
};

await runService("chat", Type.Object(ProcessSettings), async (parts) => {
  const verifier = {
    verify: () => Promise.reject(new Error("unused")),
    revocations: createRevocations(parts.clock),
  };
  const app = createHttpApp(parts, { verifier });
  const misdeeds: Record<string, () => Promise<void>> = {
    "/v1/slow": () => delay(700),
    "/v1/reject": async () => void Promise.reject(new Error("nobody caught this rejection")),
    "/v1/throw": async () =>
      void setImmediate(() => {
        throw new Error("nobody caught this exception");
      }),
  };
  for (const [url, work] of Object.entries(misdeeds)) {
    app.route({
      method: "GET",
      url,
      schema: { summary: url, response: { 200: strict({ done: Type.Boolean() }) } },
      config: { policy },
      handler: async () => {
        await work();
        return { done: true };
      },
    });
  }
  parts.lifecycle.add({ name: "pool", stop: async () => parts.logger.info("pool closed") });
  return app;
});

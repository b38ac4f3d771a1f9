import type { Bus } from "@kismet/bus";
import { GetJwks, Jwks } from "@kismet/contracts";
import type { App } from "@kismet/service-kit";
import type { Keyring } from "./keyring.ts";

export function publishKeys(app: App, bus: Bus, keyring: Keyring): void {
  bus.serve(GetJwks, async () => ({ keys: await keyring.published() }));

  app.route({
    method: "GET",
    url: "/.well-known/jwks.json",
    schema: {
      summary: "The keys by which access tokens are verified",
      tags: ["auth"],
      response: { 200: Jwks },
    },
    config: {
      policy: { auth: "public", limit: "read", bodyLimit: 1_024, timeoutMs: 3_000, idempotent: true },
    },
    handler: async (_request, reply) => {
      void reply.header("cache-control", "public, max-age=300");
      return { keys: await keyring.published() };
    },
  });
}

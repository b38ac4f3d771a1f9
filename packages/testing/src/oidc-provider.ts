/**
 * A real OIDC provider for tests, which takes everybody's word; apart from the rest of the package, since the library
 * behind it takes a while to load.
 */
import { randomBytes } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { createDevelopmentProvider } from "@kismet/dev/oidc";
import type { SystemOptions } from "./spawn-system.ts";
import type { Teardown } from "./world.ts";

export type TestProvider = {
  issuer: string;
  /** Of the system that is to know it. */
  options: Pick<SystemOptions, "oidcIssuer"> & { settings: { auth: Record<string, string> } };
  /** From now on it sends back to this gateway. */
  serve(gatewayUrl: string): void;
};

/** It is there before the system: only then the gateway's address is known. */
export async function startOidcProvider(t: Teardown): Promise<TestProvider> {
  let listener: RequestListener = (_request, response) => void response.destroy();
  const server = createServer((request, response) => listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clientSecret = randomBytes(32).toString("base64url");
  return {
    issuer,
    options: { oidcIssuer: issuer, settings: { auth: { oidcDevelopmentClientSecret: clientSecret } } },
    serve(gatewayUrl) {
      const redirectUris = [`${gatewayUrl}/v1/auth/oidc/development/callback`];
      const client = { clientId: "kismet", clientSecret, redirectUris };
      listener = createDevelopmentProvider(issuer, [client]).callback();
    },
  };
}

import { fileURLToPath } from "node:url";
import { type Log, type ManagedProcess, type ProcessOptions, startProcess } from "./managed-process.ts";
import { loopback } from "./ports.ts";

export type OidcProviderOptions = {
  port: number;
  clientId: string;
  clientSecret: string;
  redirectUri: string;
  log: Log;
  onSpawn?: ProcessOptions["onSpawn"];
};

export function issuerAt(port: number): string {
  return `http://${loopback}:${port}`;
}

/** Starts the provider to sign in with on a laptop. */
export async function startOidcProvider(options: OidcProviderOptions): Promise<ManagedProcess> {
  const { port, clientId, clientSecret, redirectUri, log, onSpawn } = options;
  return startProcess({
    name: "OIDC provider",
    command: process.execPath,
    args: [fileURLToPath(new URL("./oidc-provider-main.ts", import.meta.url))],
    env: {
      ...process.env,
      OIDC_PORT: String(port),
      OIDC_CLIENT_ID: clientId,
      OIDC_CLIENT_SECRET: clientSecret,
      OIDC_REDIRECT_URI: redirectUri,
    },
    log,
    ready: async () => {
      const answer = await fetch(`${issuerAt(port)}/.well-known/openid-configuration`, {
        signal: AbortSignal.timeout(1_000),
      });
      if (!answer.ok) throw new Error(`it answers ${answer.status}`);
      await answer.body?.cancel();
    },
    ...(onSpawn ? { onSpawn } : {}),
  });
}

import type { AddressInfo } from "node:net";
import type { App } from "./app-shell.ts";

/** Of this instance's listener, wherever it is bound; undefined until it listens. For sandboxes, which post to it. */
export function ownUrlOf(app: App): string | undefined {
  const address = app.server.address() as AddressInfo | null;
  if (address === null) return undefined;
  const { address: ip, family, port } = address;
  const isAny = ip === "0.0.0.0" || ip === "::";
  const host = isAny ? "127.0.0.1" : family === "IPv6" ? `[${ip}]` : ip;
  return `http://${host}:${port}`;
}

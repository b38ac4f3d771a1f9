import type { IncomingHttpHeaders } from "node:http";

export type UpgradeFault = "version" | "key" | "protocol" | "body";

/** RFC 9110, 5.6.2. */
const token = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/;

/** What is wrong with an upgrade (RFC 6455, 4.2.1), or nothing; looked at before the service's side is opened for it. */
export function decideUpgrade(headers: IncomingHttpHeaders): UpgradeFault | undefined {
  if (headers["sec-websocket-version"] !== "13") return "version";
  if (!/^[A-Za-z0-9+/]{22}==$/.test(headers["sec-websocket-key"] ?? "")) return "key";
  const protocols = offeredProtocols(headers);
  if (!protocols.every((each) => token.test(each)) || new Set(protocols).size < protocols.length)
    return "protocol";
  // Its bytes would be read as frames.
  const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) !== 0;
  return hasBody ? "body" : undefined;
}

/** In the client's order of preference. */
export function offeredProtocols(headers: IncomingHttpHeaders): string[] {
  const offered = headers["sec-websocket-protocol"];
  return offered === undefined ? [] : offered.split(",").map((each) => each.trim());
}

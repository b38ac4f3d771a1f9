import { PublicError } from "@kismet/service-kit";

export class OriginRefused extends PublicError {
  constructor(detail: string) {
    super("GATEWAY_ORIGIN_REFUSED", 403, detail);
  }
}

/** From one address. A household or an office never has as many; whoever shares one with a whole network comes back later. */
export class TooManySockets extends PublicError {
  constructor(retryAfterSeconds: number) {
    super("GATEWAY_TOO_MANY_SOCKETS", 429, "There are too many sockets from this address.", {
      retryAfterSeconds,
    });
  }
}

export class UpgradeRequired extends PublicError {
  constructor() {
    super("GATEWAY_UPGRADE_REQUIRED", 426, "This address speaks WebSocket only.", {
      headers: { upgrade: "websocket", connection: "upgrade, close", "sec-websocket-version": "13" },
    });
  }
}

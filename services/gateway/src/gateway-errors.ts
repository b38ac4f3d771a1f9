import { PublicError } from "@kismet/service-kit";

export class OriginRefused extends PublicError {
  constructor(detail: string) {
    super("GATEWAY_ORIGIN_REFUSED", 403, detail);
  }
}

export class UpgradeRequired extends PublicError {
  constructor() {
    super("GATEWAY_UPGRADE_REQUIRED", 426, "This address speaks WebSocket only.", {
      headers: { upgrade: "websocket", connection: "upgrade, close", "sec-websocket-version": "13" },
    });
  }
}

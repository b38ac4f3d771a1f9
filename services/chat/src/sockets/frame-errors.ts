import { PublicError } from "@kismet/service-kit";

export class FrameMalformed extends PublicError {
  constructor(detail: string) {
    super("CHAT_FRAME_MALFORMED", 400, detail);
  }
}

export class FrameUnknown extends PublicError {
  constructor() {
    super("CHAT_FRAME_UNKNOWN", 400, "There is no frame of this type.");
  }
}

/** The socket is closed after it. */
export class FrameBinary extends PublicError {
  constructor() {
    super("CHAT_FRAME_BINARY", 400, "Frames are JSON text.");
  }
}

export class UpgradeRequired extends PublicError {
  constructor() {
    super("CHAT_UPGRADE_REQUIRED", 426, "This address speaks WebSocket only.", {
      headers: { upgrade: "websocket", connection: "Upgrade" },
    });
  }
}

export class ProtocolUnsupported extends PublicError {
  constructor() {
    super("CHAT_PROTOCOL_UNSUPPORTED", 400, "The sub-protocol chat.v1 must be offered.");
  }
}

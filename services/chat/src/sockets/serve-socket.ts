import { type ClientFrame, closeCodes } from "@kismet/contracts";
import { runWithContext } from "@kismet/service-kit";
import type { WebSocket } from "ws";
import { ChatSocket, type Credential } from "./chat-socket.ts";
import { createFrameHandler, type FrameWork } from "./frame-handlers.ts";
import { contextOf, FrameQueue, type FrameQueueParts } from "./frame-queue.ts";

/** How long a new socket may take to say from where it resumes; after that it gets what is new. */
const resumeWithinMs = 250;

export type SocketParts = FrameQueueParts & FrameWork & { closeIfRevoked: (socket: ChatSocket) => void };

/** Serves one socket until it closes. */
export function serveSocket(deps: SocketParts, ws: WebSocket, credential: Credential): void {
  const { feeds } = deps;
  const socket = new ChatSocket(ws, credential, (one) => feeds.push(one));
  let start = 0;
  let hasSpoken = false;

  async function join(): Promise<void> {
    try {
      start = await feeds.join(socket);
      // What was revoked between the look at the credential and now found no socket to close.
      deps.closeIfRevoked(socket);
    } catch (error) {
      deps.parts.logger.warn({ err: error }, "could not begin a socket");
      socket.end(closeCodes.serviceRestart, "try again");
    }
    setTimeout(() => {
      if (!hasSpoken) feeds.follow(socket, start);
    }, resumeWithinMs).unref();
  }

  /** A socket whose first frame is no `resume` gets what is new from now on. */
  function onFrame(frame: ClientFrame): void {
    hasSpoken = true;
    if (frame.type !== "resume" && socket.position === undefined) feeds.follow(socket, start);
  }

  const frames = new FrameQueue(deps, socket, {
    isReady: runWithContext(contextOf(socket), join),
    handle: createFrameHandler(deps, socket),
    onFrame,
  });
  ws.on("message", (data: Buffer, isBinary: boolean) => frames.receive(data, isBinary));
  ws.on("pong", () => (socket.isAlive = true));
  ws.on("close", () => {
    socket.isEnding = true;
    feeds.leave(socket);
  });
}

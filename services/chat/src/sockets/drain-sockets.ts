import { setTimeout as delay } from "node:timers/promises";
import { closeCodes } from "@kismet/contracts";
import { deadlineIn } from "@kismet/service-kit";
import type { FrameLoad } from "./frame-queue.ts";
import type { MemberFeeds } from "./member-feeds.ts";

/**
 * Before the process ends: what has been begun is finished and acknowledged, what comes now is not answered and will be
 * sent again elsewhere, and clients are told when to come back, each at another moment.
 */
export async function drainSockets(
  feeds: MemberFeeds,
  load: FrameLoad,
  { withinMs, spreadMs }: { withinMs: number; spreadMs: number },
): Promise<void> {
  load.isDraining = true;
  for (const socket of feeds.sockets) {
    socket.send({ type: "reconnect", afterMs: Math.floor(Math.random() * (spreadMs + 1)) });
  }
  const deadline = deadlineIn(withinMs);
  while (load.atWork > 0 && deadline.remainingMs() > withinMs / 2) await delay(10);
  for (const socket of feeds.sockets) socket.end(closeCodes.serviceRestart, "service restart");
  while (feeds.sockets.length > 0 && !deadline.expired()) await delay(10);
  for (const socket of feeds.sockets) socket.cut();
}

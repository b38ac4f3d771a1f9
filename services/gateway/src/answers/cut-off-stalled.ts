import type { Socket } from "node:net";
import { type App, Counter, type Parts } from "@kismet/service-kit";
import type { Config } from "../config.ts";

/** Within the patience with one: it is noticed a quarter late at most. */
const looksPerPatience = 4;

/**
 * Cuts off clients that take nothing of what is written to them, be it an answer, a refusal or frames. Node waits for them
 * for ever, and they hold a connection here, one to the service, and the memory of what waits.
 *
 * They are looked for now and then, so that a client that reads costs nothing. Node's own timer of the socket then tells those
 * that read slowly from those that do not: it sees each part of a long write that the kernel takes.
 */
export function cutOffStalled(parts: Parts<Config>, app: App): void {
  const patienceMs = parts.config.stalledReaderMs;
  const cutOff = new Counter({
    name: "kismet_gateway_stalled_total",
    help: "Clients cut off because they took nothing of what was written to them",
    registers: [parts.metrics],
  });
  const sockets = new Set<Socket>();
  const watched = new Set<Socket>();
  let timer: NodeJS.Timeout | undefined;

  app.server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => {
      sockets.delete(socket);
      watched.delete(socket);
    });
    // Before Node's own, which would leave what was not taken with the kernel. Idle connections run out of time here as well.
    socket.prependListener("timeout", () => {
      if (!watched.has(socket) || socket.writableLength === 0) return;
      cutOff.inc();
      socket.resetAndDestroy();
    });
  });

  function look(): void {
    for (const socket of sockets) {
      const isWaiting = socket.writableLength > 0;
      if (isWaiting === watched.has(socket)) continue;
      if (isWaiting) {
        watched.add(socket);
        socket.setTimeout(patienceMs);
      } else {
        watched.delete(socket);
        // By now it may be another's: that of a connection which waits for its next request.
        if (socket.timeout === patienceMs) socket.setTimeout(0);
      }
    }
  }

  parts.lifecycle.add({
    name: "stalled readers",
    start: async () => {
      timer = setInterval(look, patienceMs / looksPerPatience);
      timer.unref();
    },
    stop: async () => clearInterval(timer),
  });
}

import type { Socket } from "node:net";
import { type App, Counter, type Parts } from "@kismet/service-kit";
import type { Config } from "../config.ts";

/** Within the patience with one: it is noticed a quarter late at most. */
const looksPerPatience = 4;

/**
 * Cuts off clients that take nothing of what is written to them, be it an answer, a refusal or frames. Node waits for them
 * for ever, and they hold a connection here, one to the service, and the memory of what waits.
 *
 * They are looked for now and then, so that a client that reads costs nothing: no timer, no listener (one on every socket made
 * the collector of garbage keep each request for the next, for a third of the process's CPU). Node's own timer of the socket
 * then tells those that read slowly from those that do not: it sees each part of a long write that the kernel takes.
 */
export function cutOffStalled(parts: Parts<Config>, app: App): void {
  const patienceMs = parts.config.stalledReaderMs;
  const cutOff = new Counter({
    name: "kismet_gateway_stalled_total",
    help: "Clients cut off because they took nothing of what was written to them",
    registers: [parts.metrics],
  });
  const connections = new Set<WeakRef<Socket>>();
  const watched = new WeakSet<Socket>();
  let timer: NodeJS.Timeout | undefined;

  app.server.on("connection", (socket: Socket) => connections.add(new WeakRef(socket)));

  function cut(this: Socket): void {
    if (this.writableLength === 0) return;
    cutOff.inc();
    this.resetAndDestroy();
  }

  function look(): void {
    for (const connection of connections) {
      const socket = connection.deref();
      if (!socket || socket.destroyed) connections.delete(connection);
      else if (socket.writableLength > 0 !== watched.has(socket)) turn(socket);
    }
  }

  /** Begins to watch it, or no longer does. */
  function turn(socket: Socket): void {
    if (watched.delete(socket)) {
      socket.off("timeout", cut);
      // By now it may be another's: that of a connection which waits for its next request.
      if (socket.timeout === patienceMs) socket.setTimeout(0);
      return;
    }
    watched.add(socket);
    // Before Node's own, which would leave what was not taken with the kernel.
    socket.prependListener("timeout", cut);
    socket.setTimeout(patienceMs);
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

import { closeCodes } from "@kismet/contracts";
import { Gauge, type Parts } from "@kismet/service-kit";
import type { Config } from "../config.ts";
import type { MemberFeeds } from "./member-feeds.ts";

/** Pings are spread over the interval, so that they do not all go out, and come back, at once. */
const beatsPerHeartbeat = 10;

/**
 * What nobody tells: peers that have died without a word, readers that do not read, and signals that were lost.
 */
export function watchSockets(parts: Parts<Config>, feeds: MemberFeeds): void {
  const { heartbeatMs, slowReaderMs, catchUpMs } = parts.config;
  let timers: NodeJS.Timeout[] = [];
  let beat = 0;
  let isCatchingUp = false;

  function heartbeat(): void {
    beat = (beat + 1) % beatsPerHeartbeat;
    for (const socket of feeds.sockets) {
      if (socket.beat % beatsPerHeartbeat !== beat || socket.isEnding) continue;
      if (socket.isAlive) socket.ping();
      else socket.cut();
    }
  }

  function watchReaders(): void {
    const now = performance.now();
    for (const socket of feeds.sockets) {
      socket.checkRoom();
      if (socket.stalledSince === undefined || now - socket.stalledSince < slowReaderMs) continue;
      socket.end(closeCodes.slowReader, "slow reader");
    }
  }

  async function catchUp(): Promise<void> {
    if (isCatchingUp) return;
    isCatchingUp = true;
    try {
      await feeds.catchUp();
    } catch (error) {
      parts.logger.warn({ err: error }, "could not compare the feeds");
    } finally {
      isCatchingUp = false;
    }
  }

  parts.lifecycle.add({
    name: "watch over sockets",
    start: async () => {
      timers = [
        setInterval(heartbeat, heartbeatMs / beatsPerHeartbeat),
        setInterval(watchReaders, Math.min(1_000, slowReaderMs / 2)),
        setInterval(() => void catchUp(), catchUpMs),
      ];
    },
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
    },
  });
  new Gauge({
    name: "kismet_chat_sockets",
    help: "Open sockets",
    registers: [parts.metrics],
    collect() {
      this.set(feeds.sockets.length);
    },
  });
}

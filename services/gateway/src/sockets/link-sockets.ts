import type { WebSocket } from "ws";

/** Beyond this much unsent data the faster side is paused: a slow reader costs time, never memory. */
const highWaterBytes = 256 * 1_024;
const serviceRestart = 1012;

/** Joins a client's socket and a service's, both paused until now, frame by frame until either closes; its code goes to the other. */
export function linkSockets(client: WebSocket, service: WebSocket): void {
  relay(client, service);
  relay(service, client);
  client.on("close", (code, reason) => closeWith(service, code, reason));
  service.on("close", (code, reason) => {
    // The service is gone without a word: whoever comes back will find another instance, or this one again.
    if (code === 1006) client.close(serviceRestart, "service restarting");
    else closeWith(client, code, reason);
  });
  client.on("error", () => service.terminate());
  service.on("error", () => client.close(serviceRestart, "service restarting"));
  client.resume();
  service.resume();
}

function relay(from: WebSocket, to: WebSocket): void {
  from.on("message", (data, isBinary) => {
    if (to.readyState !== to.OPEN) return;
    to.send(data, { binary: isBinary }, () => {
      if (from.isPaused && to.bufferedAmount < highWaterBytes) from.resume();
    });
    if (to.bufferedAmount >= highWaterBytes) from.pause();
  });
}

/** 1005 and 1006 say that there was no code, and may not be sent. */
function closeWith(socket: WebSocket, code: number, reason: Buffer): void {
  if (code === 1006) socket.terminate();
  else if (code === 1005) socket.close();
  else socket.close(code, reason);
}

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Teardown } from "@kismet/testing";
import { WebSocketServer } from "ws";
import { route, startUpstream } from "./fixture.ts";

export const socketRoute = {
  ...route("GET", "/v1/chat/socket", { auth: "member", ticket: true, limit: "message" }, "chat"),
  websocket: true,
};

export type Chat = {
  url: string;
  seen: IncomingMessage[];
  sockets: WebSocketServer;
  /** Takes each upgrade in hand before it is answered, if it is there. */
  hold: ((go: () => void, socket: Duplex) => void) | undefined;
  close(): Promise<void>;
};

/** A chat service that echoes, refuses the tickets "used" and "later", and closes with the code it is asked for. */
export async function startChat(t: Teardown): Promise<Chat> {
  const seen: IncomingMessage[] = [];
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "chat.v1" });
  const upstream = await startUpstream(t, (app) => {
    app.server.on("upgrade", (request, socket, head) => {
      seen.push(request);
      socket.on("error", () => socket.destroy());
      const go = () => answer(request, socket, head);
      if (!chat.hold) return go();
      socket.on("end", () => socket.destroy());
      chat.hold(go, socket);
    });
  });
  function answer(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const protocols = request.headers["sec-websocket-protocol"] ?? "";
    if (protocols.includes("ticket.used")) return refuse(socket, "401 Unauthorized", "CHAT_TICKET_INVALID");
    if (protocols.includes("ticket.later"))
      return refuse(socket, "503 Service Unavailable", "UNAVAILABLE", "retry-after: 7\r\n");
    sockets.handleUpgrade(request, socket, head, (client) => {
      // Before anybody asks: what is sent at once must arrive too.
      client.send("hello");
      client.on("message", (data: Buffer, binary) => {
        const text = data.toString();
        if (text.startsWith("close ")) client.close(Number(text.slice(6)), "as you wish");
        else client.send(data, { binary });
      });
    });
  }
  const chat: Chat = { url: upstream.url, seen, sockets, hold: undefined, close: upstream.close };
  return chat;
}

function refuse(socket: Duplex, status: string, code: string, headers = ""): void {
  const body = JSON.stringify({ code });
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/problem+json\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`,
  );
}

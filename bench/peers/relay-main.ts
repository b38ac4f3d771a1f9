/** A relay that stores nothing: sockets that speak chat's frames, and NATS between the instances. */
import { randomUUIDv7 } from "node:crypto";
import { createServer } from "node:http";
import { connect } from "@nats-io/transport-node";
import { WebSocketServer } from "ws";

type Send = {
  type: string;
  ref: string;
  conversationId: string;
  clientMessageId: string;
  message: { type: string; text: string };
};

const [port, natsAddress] = process.argv.slice(2);
if (natsAddress === undefined) throw new Error("usage: relay-main.ts <port> <nats>");
const nats = await connect({ servers: natsAddress });
const server = createServer((_request, response) => response.end());
const sockets = new WebSocketServer({ server, perMessageDeflate: false, handleProtocols: () => "chat.v1" });

sockets.on("connection", (socket, request) => {
  const { "x-member": member, "x-partner": partner } = request.headers;
  let seq = 0;
  const subscription = nats.subscribe(`relay.${String(member)}`, {
    callback: (_error, message) => socket.send(message.string()),
  });
  socket.on("close", () => subscription.unsubscribe());
  socket.on("message", (data: Buffer) => {
    const { type, ref, message, ...about } = JSON.parse(data.toString()) as Send;
    if (type === "ping") {
      void nats.flush().then(() => socket.send(JSON.stringify({ type: "pong", ref })));
      return;
    }
    seq += 1;
    const createdAt = new Date().toISOString();
    const relayed = {
      id: randomUUIDv7(),
      ...about,
      ...message,
      senderId: member,
      seq,
      createdAt,
      reactions: [],
    };
    const change = { type: "message", message: relayed };
    nats.publish(`relay.${String(partner)}`, JSON.stringify({ type: "change", seq, change }));
    socket.send(JSON.stringify({ type: "ack", ref, message: relayed }));
  });
});
server.listen(Number(port), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));

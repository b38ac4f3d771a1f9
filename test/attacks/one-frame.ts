import { once } from "node:events";
import type { ServerFrame } from "@kismet/contracts";
import type { System } from "@kismet/testing";
import { WebSocket } from "ws";
import type { SystemMember } from "../member.ts";

export async function openSocket({ url }: System, { token }: SystemMember): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/chat/socket`, "chat.v1", {
    headers: { authorization: `Bearer ${token}` },
  });
  await once(socket, "open");
  return socket;
}

/** The answer to one frame: `ack`, or the code of an error. Throws if there is none. */
export async function askOverSocket(system: System, member: SystemMember, frame: object): Promise<string> {
  const socket = await openSocket(system, member);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(() => reject(new Error(`no answer to ${JSON.stringify(frame)}`)), 10_000);
  socket.on("close", () => reject(new Error("the socket was closed")));
  socket.on("message", (data: Buffer) => {
    const got = JSON.parse(data.toString()) as ServerFrame;
    if (got.type === "error") resolve(got.code);
    if (got.type === "ack") resolve("ack");
  });
  socket.send(JSON.stringify(frame));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.terminate();
  }
}

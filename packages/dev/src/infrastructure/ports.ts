import { createServer, connect, type Socket } from "node:net";

export const loopback = "127.0.0.1";

/** A port of the loopback address that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, loopback, resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("a TCP listener has a port");
  return address.port;
}

/** Whether something already listens on the port, at the loopback address or at all addresses. */
export async function isPortTaken(port: number, host = loopback): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(true);
      else reject(error);
    });
    server.listen(port, host, () => server.close(() => resolve(false)));
  });
}

const answerTimeoutMs = 1_000;

/** Sends `question` to a port and resolves with the first piece of the answer; rejects if there is none in time. */
export async function askPort(port: number, question = ""): Promise<string> {
  const socket: Socket = connect(port, loopback);
  try {
    return await new Promise<string>((resolve, reject) => {
      socket.setTimeout(answerTimeoutMs, () => reject(new Error(`port ${port} does not answer`)));
      socket.once("error", reject);
      socket.once("close", () => reject(new Error(`port ${port} hung up`)));
      socket.once("data", (data) => resolve(data.toString("latin1")));
      if (question) socket.write(question);
    });
  } finally {
    socket.destroy();
  }
}

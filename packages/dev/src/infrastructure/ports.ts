import { randomInt } from "node:crypto";
import { createServer, connect, type Socket } from "node:net";

export const loopback = "127.0.0.1";

/** Systems give connections that go out ports from 32768 up, and could give one that is free now to any of them. */
const [firstPort, endOfPorts] = [12_000, 32_768];
const given = new Set<number>();

/** A port of the loopback address that nothing listens on, and that this process has not given before. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = randomInt(firstPort, endOfPorts);
    if (given.has(port) || (await isPortTaken(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`none of 100 ports from ${firstPort} up is free`);
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

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { environmentOf, type Teardown, type World } from "@kismet/testing";
import { Config } from "../src/config.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** Chat as a process of its own, to be killed. */
export type SpawnedChat = { url: string; freeze(): void; kill(): Promise<void> };

export async function spawnChat(t: Teardown, world: World): Promise<SpawnedChat> {
  const settings = { ...world.settings("chat"), messagesPerMinute: 1_000_000, framesPerMinute: 1_000_000 };
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env["PATH"], ...environmentOf(Config, settings) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  t.teardown(kill);
  return { url: await urlOf(child), freeze: () => void child.kill("SIGSTOP"), kill };
}

/** Goes on reading afterwards: a full pipe would stop the process. */
function urlOf(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error("its output is piped");
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error("chat ended before it served")));
    lines.on("line", (line) => {
      const { message, url } = JSON.parse(line) as { message?: string; url?: string };
      if (message === "serving" && url) resolve(url);
    });
  });
}

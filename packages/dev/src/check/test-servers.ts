import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "./run-command.ts";

export type RunningTestServers = { file: string; stop(): Promise<void> };

/** In a process of their own, which ends with this one, however that ends. */
export async function startTestServers(): Promise<RunningTestServers> {
  const file = join(root, ".kismet", `test-servers-${process.pid}.json`);
  const child = spawn(process.execPath, ["packages/testing/src/servers-main.ts"], {
    cwd: root,
    env: { ...process.env, KISMET_TEST_SERVERS_FILE: file },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const said: string[] = [];
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said.push(chunk.toString());
      if (said.join("").includes("ready\n")) resolve();
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("exit", () => reject(new Error(`the test servers did not start:\n${said.join("")}`)));
  });
  return {
    file,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ManagedProcess } from "../infrastructure/managed-process.ts";

/** A process that the warden ends if the launcher no longer can. */
export type Ward = { pid: number; container?: string };
export type WardenLine = { add: Ward } | { remove: number };

export type Warden = {
  pid: number;
  watch(process: ManagedProcess): void;
  /** Ends the warden, and with it whatever is still watched. */
  dismiss(): void;
};

/**
 * A second process, told of every process that this one starts through a pipe: however this one ends, the pipe closes,
 * and the warden ends what is left. The operating system offers nothing that would do it on Linux and macOS alike.
 */
export function startWarden(): Warden {
  const program = fileURLToPath(new URL("./warden-main.ts", import.meta.url));
  const warden = spawn(process.execPath, [program], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  const { pid, stdin } = warden;
  if (pid === undefined) throw new Error("the warden can't be started");
  // A broken pipe means that somebody has killed the warden: nothing is lost as long as the launcher lives.
  stdin.on("error", () => undefined);
  warden.unref();
  const tell = (line: WardenLine) => stdin.write(`${JSON.stringify(line)}\n`);
  return {
    pid,
    watch({ pid: ward, container, exited }) {
      tell({ add: { pid: ward, ...(container === undefined ? {} : { container }) } });
      void exited.then(() => tell({ remove: ward }));
    },
    dismiss: () => stdin.end(),
  };
}

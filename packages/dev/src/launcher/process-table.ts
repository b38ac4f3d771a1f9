import type { ManagedProcess } from "../infrastructure/managed-process.ts";
import { startWarden, type Warden } from "./warden.ts";

export type Kind = "service" | "server";

/** Everything that this launcher has started and that has not ended. */
export class ProcessTable {
  readonly warden: Warden = startWarden();
  readonly #alive = new Map<ManagedProcess, Kind>();
  readonly #stopping = new AbortController();
  readonly #started: (process: { name: string; pid: number }) => void;

  constructor(started: (process: { name: string; pid: number }) => void) {
    this.#started = started;
    started({ name: "launcher", pid: process.pid });
    started({ name: "warden", pid: this.warden.pid });
  }

  /** Aborted once everything is to end: nothing is restarted from then on. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** To be handed to whatever starts a process of this kind. */
  add(kind: Kind): (process: ManagedProcess) => void {
    return (process) => {
      this.#alive.set(process, kind);
      this.warden.watch(process);
      this.#started(process);
      void process.exited.then(() => this.#alive.delete(process));
      if (this.#stopping.signal.aborted) process.kill("SIGKILL");
    };
  }

  /** Services first: to finish what they are doing they need the servers. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const kind of ["service", "server"] as const) {
      const all = [...this.#alive].filter(([, ofKind]) => ofKind === kind);
      await Promise.all(all.map(([process]) => process.stop()));
    }
    this.warden.dismiss();
  }

  killAll(): void {
    this.#stopping.abort();
    for (const process of this.#alive.keys()) process.kill("SIGKILL");
  }
}

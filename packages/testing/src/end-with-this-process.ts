import type { ManagedProcess } from "@kismet/dev";

const running = new Set<ManagedProcess>();

/** A test that ends where its teardown is not reached leaves nothing behind all the same. */
export function endWithThisProcess(started: ManagedProcess): void {
  if (running.size === 0) process.once("exit", endAll);
  running.add(started);
  void started.exited.then(() => {
    running.delete(started);
    if (running.size === 0) process.off("exit", endAll);
  });
}

function endAll(): void {
  for (const each of running) each.kill("SIGKILL");
}

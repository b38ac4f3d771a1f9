import { ClientChanged, ListClients } from "@kismet/contracts";
import { type ClientKeys, createClientKeys, createPoller, type Parts } from "@kismet/service-kit";
import type { Bus } from "./bus.ts";

/** Also bounds how long a start before auth's knows of no client. */
const reconcileEveryMs = 5_000;
/** Events of before the first reconciliation are in it. */
const sinceMs = 60_000;

/** Auth's register of clients, followed by its events and held against all of it from time to time. */
export function createClientRegister(parts: Parts, bus: Bus): ClientKeys {
  const { clock, logger } = parts;
  const keys = createClientKeys(clock);
  bus.watch(ClientChanged, { sinceMs }, ({ payload }) => keys.changed(payload));
  let isHeard = true;
  async function reconcile(): Promise<boolean> {
    const askedAt = clock.now().getTime();
    try {
      const { clients } = await bus.request(ListClients, {});
      keys.reconcile(clients, askedAt);
      isHeard = true;
    } catch (error) {
      // Said once, and not every five seconds.
      if (isHeard) logger.warn({ err: error }, "the register of clients can't be had");
      isHeard = false;
    }
    return false;
  }
  const { timeoutMs } = ListClients;
  const name = "register of clients";
  const poller = createPoller(logger, { name, everyMs: reconcileEveryMs, timeoutMs, work: reconcile });
  parts.lifecycle.add({
    name,
    async start() {
      // Who is served from now on should find the clients known, if auth is there to ask.
      await reconcile();
      await poller.start();
    },
    stop: poller.stop,
  });
  return keys;
}

import { hash, timingSafeEqual } from "node:crypto";
import { accessTokenSeconds, apiKeyLength, apiKeyPattern, type ClientState } from "@kismet/contracts";
import type { Clock } from "../context/clock.ts";
import { ClientKeyRefused, Unavailable } from "../errors/kit-errors.ts";

/**
 * How long keys are believed after the register was last heard of: as long as a token is good. Who can't know whether a
 * key was revoked says so after that, rather than believe it for ever (docs/adr/what-fails-open.md).
 */
export const clientsUsableForMs = accessTokenSeconds * 1_000;

export type RegisteredClient = { clientId: string; name: string; limitFactor: number };

/** The register of clients as one process knows it, decided on without asking anybody. */
export type ClientKeys = {
  /** The client whose key it is. Throws CLIENT_KEY_REFUSED, or UNAVAILABLE if the register is not known well enough. */
  identify(key: string): RegisteredClient;
  /** News of one client. What is older than what is known is not believed. */
  changed(state: ClientState): void;
  /** The whole register as it was asked for at `askedAt`, in ms of the clock; news that came since stay. */
  reconcile(states: readonly ClientState[], askedAt: number): void;
};

type Known = { state: ClientState; client: RegisteredClient; heardAt: number };
type Key = { digest: Buffer; client: RegisteredClient };

export function createClientKeys(clock: Clock): ClientKeys {
  const clients = new Map<string, Known>();
  const keys = new Map<string, Key>();
  let knownAt = Number.NEGATIVE_INFINITY;
  const now = () => clock.now().getTime();

  function forget(clientId: string): void {
    for (const { id } of clients.get(clientId)?.state.keys ?? []) keys.delete(id);
    clients.delete(clientId);
  }

  function learn(state: ClientState): void {
    const { clientId, name, limitFactor } = state;
    forget(clientId);
    const client = { clientId, name, limitFactor };
    clients.set(clientId, { state, client, heardAt: now() });
    for (const { id, digest } of state.keys) keys.set(id, { digest: Buffer.from(digest, "hex"), client });
  }

  return {
    identify(key) {
      // Before it is hashed: a header may have 16 kB.
      const id = key.length === apiKeyLength ? apiKeyPattern.exec(key)?.[1] : undefined;
      if (id === undefined) throw new ClientKeyRefused();
      if (now() - knownAt > clientsUsableForMs) throw new Unavailable();
      const known = keys.get(id);
      // The id is public; of the secret nobody learns by timing how much of its digest is right.
      if (!known || !timingSafeEqual(known.digest, hash("sha256", key, "buffer")))
        throw new ClientKeyRefused();
      return known.client;
    },
    changed(state) {
      const known = clients.get(state.clientId);
      if (!known || known.state.version < state.version) learn(state);
    },
    reconcile(states, askedAt) {
      const listed = new Set(states.map(({ clientId }) => clientId));
      for (const [clientId, { heardAt }] of clients)
        if (!listed.has(clientId) && heardAt < askedAt) forget(clientId);
      for (const state of states) {
        const known = clients.get(state.clientId);
        if (known?.state.version === state.version) continue;
        if (!known || known.heardAt < askedAt || known.state.version < state.version) learn(state);
      }
      knownAt = Math.max(knownAt, askedAt);
    },
  };
}

import { emit } from "@kismet/bus";
import { ClientChanged, type ClientState } from "@kismet/contracts";
import type { Tx } from "../storage.ts";
import { findKeys, type StoredClient, type StoredKey, updateClient } from "./clients-repository.ts";

/** Of a locked client whose keys have changed: whoever decides on keys hears of it within a second. */
export async function tellClient(tx: Tx, client: StoredClient): Promise<void> {
  const version = client.version + 1;
  await updateClient(tx, client.id, { version });
  await emit(tx, ClientChanged, {
    aggregateId: client.id,
    payload: stateOf({ ...client, version }, await findKeys(tx, client.id)),
  });
}

export function stateOf({ id, version, name, limitFactor }: StoredClient, keys: StoredKey[]): ClientState {
  return {
    clientId: id,
    version,
    name,
    limitFactor,
    keys: keys.map(({ id: keyId, digest }) => ({ id: keyId, digest })),
  };
}

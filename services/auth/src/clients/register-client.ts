import { randomUUIDv7 } from "node:crypto";
import { type IssuedKey, maxClients } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import type { Clock } from "@kismet/service-kit";
import type { AuthDatabase } from "../storage.ts";
import { ClientNameTaken, ClientsExhausted } from "./client-errors.ts";
import { countClients, insertClient, insertKey } from "./clients-repository.ts";
import { makeClientKey } from "./make-client-key.ts";
import { tellClient } from "./tell-client.ts";

export type ClientDeps = { database: AuthDatabase; clock: Clock };

/** A new client with its first key, which is shown this once. */
export async function registerClient(
  { database, clock }: ClientDeps,
  { name, limitFactor = 1 }: { name: string; limitFactor?: number | undefined },
): Promise<IssuedKey> {
  const { id: keyId, key, digest } = makeClientKey();
  const createdAt = clock.now();
  const client = { id: randomUUIDv7(), name, limitFactor, version: 0, createdAt, revokedAt: null };
  await database.transaction(async (tx) => {
    if ((await countClients(tx)) >= maxClients) throw new ClientsExhausted();
    if (!(await insertClient(tx, client))) throw new ClientNameTaken();
    await insertKey(tx, { id: keyId, clientId: client.id, digest, createdAt });
    await recordAudit(tx, { action: "auth.client.register", details: { clientId: client.id, keyId } });
    await tellClient(tx, client);
  });
  return { clientId: client.id, keyId, key };
}

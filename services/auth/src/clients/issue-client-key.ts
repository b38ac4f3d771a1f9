import { type IssuedKey, maxKeysOfClient } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import { NotFound } from "@kismet/service-kit";
import { ClientKeysExhausted, ClientRevoked } from "./client-errors.ts";
import { findKeys, insertKey, lockClient } from "./clients-repository.ts";
import { makeClientKey } from "./make-client-key.ts";
import type { ClientDeps } from "./register-client.ts";
import { tellClient } from "./tell-client.ts";

/** The second key of a client, for a rotation: the first stays good until it is revoked. */
export async function issueClientKey({ database, clock }: ClientDeps, clientId: string): Promise<IssuedKey> {
  const { id: keyId, key, digest } = makeClientKey();
  await database.transaction(async (tx) => {
    const client = await lockClient(tx, clientId);
    if (!client) throw new NotFound();
    if (client.revokedAt) throw new ClientRevoked();
    if ((await findKeys(tx, clientId)).length >= maxKeysOfClient) throw new ClientKeysExhausted();
    await insertKey(tx, { id: keyId, clientId, digest, createdAt: clock.now() });
    await recordAudit(tx, { action: "auth.client.issue-key", details: { clientId, keyId } });
    await tellClient(tx, client);
  });
  return { clientId, keyId, key };
}

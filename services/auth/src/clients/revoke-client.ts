import { recordAudit } from "@kismet/database";
import { NotFound } from "@kismet/service-kit";
import { deleteKey, deleteKeys, lockClient, updateClient } from "./clients-repository.ts";
import type { ClientDeps } from "./register-client.ts";
import { tellClient } from "./tell-client.ts";

/** One key: the end of a rotation, or of a key that leaked. */
export async function revokeClientKey(
  { database }: ClientDeps,
  clientId: string,
  keyId: string,
): Promise<void> {
  await database.transaction(async (tx) => {
    const client = await lockClient(tx, clientId);
    if (!client || !(await deleteKey(tx, clientId, keyId))) throw new NotFound();
    await recordAudit(tx, { action: "auth.client.revoke-key", details: { clientId, keyId } });
    await tellClient(tx, client);
  });
}

/** A client with all its keys, for ever. */
export async function revokeClient({ database, clock }: ClientDeps, clientId: string): Promise<void> {
  await database.transaction(async (tx) => {
    const client = await lockClient(tx, clientId);
    if (!client || client.revokedAt) throw new NotFound();
    await updateClient(tx, clientId, { revokedAt: clock.now() });
    await deleteKeys(tx, clientId);
    await recordAudit(tx, { action: "auth.client.revoke", details: { clientId } });
    await tellClient(tx, client);
  });
}

import type { AuditHead } from "@kismet/database";
import { rewrapSecrets } from "../keys/rewrap-secrets.ts";
import { listKeys } from "../keys/signing-keys-repository.ts";
import { ChainBroken, type Command, Refused, UsageError } from "./command.ts";

export const keyCommands: Record<string, Command> = {
  "keys list": {
    args: "",
    says: "the signing keys, newest first",
    async run({ database }) {
      return (await listKeys(database.read)).map(({ kid, createdAt }) => ({ kid, createdAt }));
    },
  },
  "keys rotate": {
    args: "",
    says: "makes a signing key, which signs after ten minutes; nobody is signed out",
    run: async ({ keyring }) => ({ kid: await keyring.rotateNow() }),
  },
  "keys revoke": {
    args: "<kid>",
    says: "has all tokens of a signing key refused: everybody's devices refresh theirs",
    isDestructive: true,
    async run({ keyring, database }, [kid = ""]) {
      const known = await listKeys(database.read);
      if (!known.some((key) => key.kid === kid))
        throw new Refused(`There is no signing key "${kid}": keys list tells them.`);
      await keyring.revoke(kid);
      return { revoked: kid };
    },
  },
  "keys rewrap": {
    args: "",
    says: "seals anew, under KISMET_KEY_ENCRYPTION_SECRET, what another secret sealed",
    run: async (deps) => ({ sealedAnew: await rewrapSecrets(deps) }),
  },
  "audit verify": {
    args: "[--head <head>]",
    says:
      "follows the audit chain, and names the first broken link; a head from log or stream (<seq>:<digest>) shows a " +
      "cut-off end",
    async run({ audit }, _words, { head }) {
      const result = await audit.verify(head === undefined ? [] : [headOf(head)]);
      if (result.broken) throw new ChainBroken(`row ${result.broken.seq} is ${result.broken.fault}`);
      return result;
    },
  },
};

function headOf(text: string): AuditHead {
  const [, seq, digest] = /^(\d{1,15}):([\w-]+)$/.exec(text) ?? [];
  if (seq === undefined || digest === undefined)
    throw new UsageError("--head is <seq>:<digest>, as the log tells it.");
  return { seq: Number(seq), digest };
}

import { recordAudit } from "@kismet/database";
import { NotFound } from "@kismet/service-kit";
import { lockAccount } from "../accounts/accounts-repository.ts";
import { requireWayIn } from "../accounts/require-way-in.ts";
import { passkeyRemovedMail } from "../letters/mails/passkey-removed-mail.ts";
import type { PasskeyDeps } from "./passkey-deps.ts";
import { deletePasskey } from "./passkeys-repository.ts";

/** Never the last way in: under the account's lock, so that two can't each leave the other as the last. */
export async function removePasskey(
  { database, letterbox }: PasskeyDeps,
  memberId: string,
  id: string,
): Promise<void> {
  await database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    const removed = account && (await deletePasskey(tx, memberId, id));
    if (!removed) throw new NotFound();
    await requireWayIn(tx, account);
    await recordAudit(tx, {
      action: "auth.factor.remove",
      subject: memberId,
      details: { factor: "passkey" },
    });
    await letterbox.post(tx, { kind: "mail", mail: passkeyRemovedMail(account, { name: removed.name }) });
  });
}

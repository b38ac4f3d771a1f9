import { recordAudit } from "@kismet/database";
import { NotFound } from "@kismet/service-kit";
import { lockAccount } from "../accounts/accounts-repository.ts";
import { requireWayIn } from "../accounts/require-way-in.ts";
import { identityUnlinkedMail } from "../letters/mails/identity-unlinked-mail.ts";
import { deleteIdentity } from "./identities-repository.ts";
import type { OidcDeps } from "./oidc-deps.ts";

/** Never the last way in. */
export async function unlinkIdentity(
  { database, letterbox, providers }: Pick<OidcDeps, "database" | "letterbox" | "providers">,
  memberId: string,
  id: string,
): Promise<void> {
  await database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    const unlinked = account && (await deleteIdentity(tx, memberId, id));
    if (!unlinked) throw new NotFound();
    await requireWayIn(tx, account);
    await recordAudit(tx, {
      action: "auth.identity.unlink",
      subject: memberId,
      details: { provider: unlinked.provider },
    });
    const provider = providers.get(unlinked.provider)?.title ?? unlinked.provider;
    await letterbox.post(tx, { kind: "mail", mail: identityUnlinkedMail(account, { provider }) });
  });
}

import type { Bus } from "@kismet/bus";
import { type Clock, contextFromHeaders, type Logger, runWithContext } from "@kismet/service-kit";
import { findAccount } from "../accounts/accounts-repository.ts";
import type { Letterbox } from "../letters/letterbox.ts";
import { exportFailedMail } from "../letters/mails/export-failed-mail.ts";
import { exportReadyMail } from "../letters/mails/export-ready-mail.ts";
import type { MailLinks } from "../letters/mail-links.ts";
import type { Digests } from "../secrets/digests.ts";
import type { Sealing } from "../secrets/sealing.ts";
import type { AuthDatabase } from "../storage.ts";
import { writeChunks } from "./archive-chunks.ts";
import { archiveTokenOf } from "./archive-tokens.ts";
import { collectArchive } from "./collect-archive.ts";
import { deleteChunksOf, finishExport, postponeExport, type StoredExport } from "./exports-repository.ts";

export type ArchiveDeps = {
  database: AuthDatabase;
  bus: Bus;
  clock: Clock;
  logger: Logger;
  sealing: Sealing;
  letterbox: Letterbox;
  digests: Digests;
  links: MailLinks;
  exportHours: number;
};

/** For all of it: a member of a hundred thousand messages takes seconds. */
export const archiveTimeoutMs = 300_000;
const hourMs = 3_600_000;
const backoff = { baseMs: 1_000, maxMs: 600_000 };
/** Who has waited for so long is told, and asks again. */
const givenUpAfterMs = 24 * hourMs;

/**
 * Collects a member's archive, and tells them. From the beginning each time: what an earlier try has written is thrown
 * away, and a try that has lost its lease can't finish.
 */
export async function makeArchive(deps: ArchiveDeps, taken: StoredExport, writer: string): Promise<void> {
  const headers: Record<string, string> = { "x-request-id": taken.requestId };
  await runWithContext(
    contextFromHeaders((name) => headers[name], { timeoutMs: archiveTimeoutMs }),
    async () => {
      try {
        await collect(deps, taken, writer);
      } catch (error) {
        await giveWay(deps, taken, writer, error);
      }
    },
  );
}

async function collect(deps: ArchiveDeps, taken: StoredExport, writer: string): Promise<void> {
  const { database, bus, clock, sealing, letterbox, digests, links, exportHours } = deps;
  const { id, memberId, sealedKey } = taken;
  const archive = collectArchive(bus, memberId, clock.now());
  const byteCount = await writeChunks(database, { exportId: id, writer }, sealing.open(sealedKey), archive);
  const isDone = await database.transaction(async (tx) => {
    const readyAt = clock.now();
    const expiresAt = new Date(readyAt.getTime() + exportHours * hourMs);
    if (!(await finishExport(tx, { id, writer }, { byteCount, readyAt, expiresAt }))) return false;
    const account = await findAccount(tx, memberId);
    if (!account) return true;
    const url = links("archive", archiveTokenOf(digests, { id, expiresAt }, account), account.locale);
    await letterbox.post(tx, { kind: "mail", mail: exportReadyMail(account, { url, expiresAt }) });
    return true;
  });
  if (!isDone) await deleteChunksOf(database.read, id, writer);
}

async function giveWay(deps: ArchiveDeps, taken: StoredExport, writer: string, err: unknown): Promise<void> {
  const { database, clock, logger } = deps;
  const { id, attempts, requestedAt } = taken;
  const now = clock.now().getTime();
  const givenUp = now - requestedAt.getTime() > givenUpAfterMs;
  logger.warn({ err, exportId: id, attempts, givenUp }, "an archive could not be made");
  await deleteChunksOf(database.read, id, writer);
  if (givenUp) return giveUp(deps, taken, writer);
  const waitMs =
    Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(attempts, 12)) * (0.5 + Math.random() / 2);
  await postponeExport(database.read, { id, writer }, new Date(now + waitMs));
}

async function giveUp(
  { database, letterbox }: ArchiveDeps,
  taken: StoredExport,
  writer: string,
): Promise<void> {
  const { id, memberId, requestedAt: askedAt } = taken;
  await database.transaction(async (tx) => {
    if (!(await postponeExport(tx, { id, writer }, null))) return;
    const account = await findAccount(tx, memberId);
    if (account) await letterbox.post(tx, { kind: "mail", mail: exportFailedMail(account, { askedAt }) });
  });
}

import type { Clock } from "@kismet/service-kit";
import type { Letterbox } from "../letters/letterbox.ts";
import type { MailLinks } from "../letters/mail-links.ts";
import type { Digests } from "../secrets/digests.ts";
import type { AuthDatabase } from "../storage.ts";

export type EmailChangeDeps = {
  database: AuthDatabase;
  clock: Clock;
  digests: Digests;
  links: MailLinks;
  codeSeconds: number;
  /** So long an old address can undo a change. */
  undoHours: number;
};
export type ConfirmDeps = EmailChangeDeps & { letterbox: Letterbox };

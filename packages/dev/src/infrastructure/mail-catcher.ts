import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Log, type ManagedProcess, type ProcessOptions, startProcess } from "./managed-process.ts";
import { askPort, freePort, loopback } from "./ports.ts";

export type MailCatcher = ManagedProcess & {
  /** Of the page and the REST API (`/api/...`). */
  url: string;
  smtpPort: number;
  port: number;
};

export type MailCatcherOptions = {
  smtpPort?: number;
  port?: number;
  /** Mail is kept there; in a temporary folder if it is not given. */
  mailDir?: string;
  log: Log;
  onSpawn?: ProcessOptions["onSpawn"];
};

/** A day's development sends fewer; maildev would keep them all. */
const maxMails = 1_000;

/** Starts maildev: an SMTP server that delivers to a web page. */
export async function startMailCatcher(options: MailCatcherOptions): Promise<MailCatcher> {
  const smtpPort = options.smtpPort ?? (await freePort());
  const port = options.port ?? (await freePort());
  const program = fileURLToPath(new URL("./bin/maildev.js", import.meta.resolve("maildev")));
  const addresses = [
    "--smtp",
    String(smtpPort),
    "--ip",
    loopback,
    "--web",
    String(port),
    "--web-ip",
    loopback,
  ];
  const managed = await startProcess({
    name: "mail catcher",
    command: process.execPath,
    args: [
      program,
      ...addresses,
      ...["--max-emails", String(maxMails), "--silent"],
      ...["--mail-directory", options.mailDir ?? mkdtempSync(join(tmpdir(), "kismet-mail-"))],
    ],
    log: options.log,
    ready: async () => {
      await askPort(smtpPort);
      const mails = await fetch(`http://${loopback}:${port}/api/email`, {
        signal: AbortSignal.timeout(1_000),
      });
      if (!mails.ok) throw new Error(`it answers ${mails.status}`);
      await mails.body?.cancel();
    },
    ...(options.onSpawn ? { onSpawn: options.onSpawn } : {}),
  });
  return { ...managed, url: `http://${loopback}:${port}`, smtpPort, port };
}

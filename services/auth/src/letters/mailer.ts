import { type Breaker, createBreaker, currentContext, type Parts } from "@kismet/service-kit";
import { createTransport } from "nodemailer";
import type { Mail } from "./letter.ts";

const timeoutMs = 10_000;

/** Hands a mail to the SMTP server; resolves once that has taken it. */
export type Mailer = Breaker<[mail: Mail], void>;

export function createMailer(parts: Parts<{ smtpUrl: string; mailFrom: string }>): Mailer {
  const { config, clock } = parts;
  const transport = createTransport(
    {
      url: config.smtpUrl,
      pool: true,
      maxConnections: 2,
      connectionTimeout: timeoutMs / 2,
      greetingTimeout: timeoutMs / 2,
      socketTimeout: timeoutMs,
      // What a mail says never makes us read a file or fetch an address.
      disableFileAccess: true,
      disableUrlAccess: true,
    },
    { from: config.mailFrom },
  );
  parts.lifecycle.add({ name: "mailer", stop: async () => transport.close() });
  return createBreaker(
    parts,
    "smtp",
    async ({ to, language, subject, text, html }: Mail) => {
      const requestId = currentContext()?.requestId;
      await transport.sendMail({
        // As an object: an address is never read as a list of them.
        to: { name: "", address: to },
        subject,
        text,
        html,
        date: clock.now(),
        headers: {
          // No answering machine answers it (RFC 3834, and what Exchange has instead).
          "Auto-Submitted": "auto-generated",
          "X-Auto-Response-Suppress": "All",
          "Content-Language": language,
          ...(requestId ? { "X-Request-Id": requestId } : {}),
        },
      });
    },
    { timeoutMs, minCalls: 5, resetMs: 2_000 },
  );
}

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
      const sent = transport.sendMail({
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
      await sent.catch((error: unknown) => Promise.reject(asMailNotTaken(error)));
    },
    {
      timeoutMs,
      minCalls: 5,
      resetMs: 2_000,
      // Else whoever signs up with addresses that do not exist would stop everybody's mail.
      isHarmless: (error) => error instanceof MailNotTaken && error.isAboutAddress,
    },
  );
}

/** Says no more than codes: what a server answers to a mail names its recipient (A04). */
export class MailNotTaken extends Error {
  /** It has to do with this one recipient, and not with the server. */
  readonly isAboutAddress: boolean;
  /** The same mail will not be taken later either. */
  readonly isFinal: boolean;

  constructor(code: string, answer: number | undefined) {
    super(`the mail was not taken: ${code} ${answer ?? ""}`.trim());
    this.name = "MailNotTaken";
    this.isAboutAddress = code === "EENVELOPE";
    // Without an answer the address is one that the server can't write to (RFC 6531).
    this.isFinal = this.isAboutAddress && (answer === undefined || answer >= 500);
  }
}

function asMailNotTaken(error: unknown): MailNotTaken {
  const { code = "EUNKNOWN", responseCode } = error as { code?: string; responseCode?: number };
  return new MailNotTaken(code, responseCode);
}

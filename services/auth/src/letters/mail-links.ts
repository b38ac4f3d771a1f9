import { ConfigurationError, readerOf, variableOf } from "@kismet/service-kit";
import type { Config } from "../config.ts";

/** Where the links in mails lead: docs/adr/mail-links.md. */
export const pagePaths = {
  verify: "/auth/verify-email",
  reset: "/auth/reset-password",
  confirm: "/auth/confirm-email",
  undo: "/auth/undo-email-change",
  restore: "/auth/restore-account",
  archive: "/auth/archive",
} as const;
export type PageName = keyof typeof pagePaths;

/** The address that shows a page, in the language of its reader, for whoever has the token. */
export type MailLinks = (page: PageName, token: string, locale: string) => string;

/** Throws while the service starts if the tokens in them could be read on their way. */
export function createMailLinks({ env, publicUrl }: Pick<Config, "env" | "publicUrl">): MailLinks {
  if (env === "production" && !publicUrl.startsWith("https://"))
    throw new ConfigurationError([
      { variable: variableOf("publicUrl"), problem: "must begin with https://" },
    ]);
  return (page, token, locale) => {
    const query = new URLSearchParams({ token, lang: readerOf(locale).language });
    return `${publicUrl}${pagePaths[page]}?${query.toString()}`;
  };
}

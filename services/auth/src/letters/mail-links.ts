import { readerOf } from "@kismet/service-kit";

/** Where the links in mails lead: docs/adr/mail-links.md. */
export const pagePaths = {
  verify: "/auth/verify-email",
  reset: "/auth/reset-password",
  confirm: "/auth/confirm-email",
  undo: "/auth/undo-email-change",
  restore: "/auth/restore-account",
} as const;
export type PageName = keyof typeof pagePaths;

/** The address that shows a page, in the language of its reader, for whoever has the token. */
export type MailLinks = (page: PageName, token: string, locale: string) => string;

export function createMailLinks(publicUrl: string): MailLinks {
  return (page, token, locale) => {
    const query = new URLSearchParams({ token, lang: readerOf(locale).language });
    return `${publicUrl}${pagePaths[page]}?${query.toString()}`;
  };
}

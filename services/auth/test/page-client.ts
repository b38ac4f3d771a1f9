import type { MailCatcher } from "@kismet/dev";
import { request } from "undici";
import { mailText } from "./auth-world.ts";

export type ShownPage = { status: number; html: string; headers: Record<string, unknown> };
/** What a form is answered, which may be a file. */
export type Pressed = ShownPage & { bytes: Buffer };

/** The path and query of the link in the `count`th mail to an address. */
export async function linkTo(mail: MailCatcher, address: string, count = 1): Promise<string> {
  const link = /^https:\/\/kismet\.test(\/auth\/\S+)$/m.exec(await mailText(mail, address, count))?.[1];
  if (!link) throw new Error("the mail has no link");
  return link;
}

export function tokenOf(link: string): string {
  return new URLSearchParams(link.split("?")[1]).get("token") ?? "";
}

export async function open(
  { url }: { url: string },
  path: string,
  headers: Record<string, string> = {},
): Promise<ShownPage> {
  const answer = await request(`${url}${path}`, { headers });
  return { status: answer.statusCode, headers: answer.headers, html: await answer.body.text() };
}

/** Sends the form of a page as a browser would: to where it says, with what it says, and what was typed in. */
export async function press(
  auth: { url: string },
  page: Pick<ShownPage, "html">,
  typed: Record<string, string> = {},
): Promise<Pressed> {
  const action = /<form method="post" action="([^"]+)">/.exec(page.html)?.[1];
  const token = /name="token" value="([^"]+)"/.exec(page.html)?.[1];
  if (!action || !token) throw new Error("the page has no form");
  return send(auth, action, { token, ...typed });
}

export async function send(
  { url }: { url: string },
  path: string,
  form: Record<string, string>,
): Promise<Pressed> {
  const answer = await request(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(form).toString(),
  });
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  return { status: answer.statusCode, headers: answer.headers, html: bytes.toString("utf8"), bytes };
}

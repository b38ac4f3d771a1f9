import { expect, Unexpected, within } from "./expect.ts";

type Mail = { id: string; subject?: string; text?: string; html?: string; to?: { address: string }[] };

const deliveryMs = 10_000;
const pollMs = 100;
/** By itself, and not a part of something longer. */
const codePattern = /(?<![\w-])\d{6}(?![\w-])/;

/** What arrives at the mail catcher, read once each. */
export class Mailbox {
  readonly #url: string;
  readonly #read = new Set<string>();

  constructor(url: string) {
    this.#url = url;
  }

  /** The six digits of the next mail to the address. */
  async code(address: string): Promise<string> {
    const mail = await this.next(address);
    const code = codePattern.exec(mail.text ?? "")?.[0];
    if (code === undefined) throw new Unexpected("a code of six digits in the mail", mail.text ?? "no text");
    return code;
  }

  async next(address: string): Promise<Mail> {
    return within(deliveryMs, async () => this.#take(address), { everyMs: pollMs });
  }

  async #take(address: string): Promise<Mail> {
    const answer = await fetch(new URL("/api/email", this.#url));
    expect(answer.ok, "the mail catcher to list its mails", answer.status);
    const mails = (await answer.json()) as Mail[];
    const mail = mails.find(
      ({ id, to }) => !this.#read.has(id) && to?.some((one) => one.address === address),
    );
    if (!mail) throw new Unexpected(`a mail to ${address}`, "none");
    this.#read.add(mail.id);
    return mail;
  }
}

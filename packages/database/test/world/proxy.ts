import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

type Teardown = { teardown(work: () => Promise<unknown> | void): void };

/** What becomes of a connection with the nth answer of Postgres, of which the first is that to its start-up. */
type Fate = { withAnswer: number; it: "ends" | "falls silent" };
type Link = { client: Socket; server: Socket; fate: Fate | undefined; answers: number; rest: Buffer };

/** Begins the message by which Postgres says that it has answered and waits for the next question. */
const readyForQuery = "Z".charCodeAt(0);

/** Stands between an instance and Postgres, and breaks what networks break. */
export class Proxy {
  /** Of connections that are made from now on. */
  fate: Fate | undefined;
  /** Hears what an instance sends before Postgres gets it. */
  onQuestion: (bytes: Buffer) => void = () => undefined;
  readonly #target: URL;
  readonly #links = new Set<Link>();
  #server: Server | undefined;
  #port = 0;
  #isFrozen = false;

  private constructor(target: string) {
    this.#target = new URL(target);
  }

  static async start(t: Teardown, databaseUrl: string): Promise<Proxy> {
    const proxy = new Proxy(databaseUrl);
    t.teardown(() => proxy.close());
    await proxy.open();
    return proxy;
  }

  /** Of the same database, through here. */
  get url(): string {
    const url = new URL(this.#target);
    url.hostname = "127.0.0.1";
    url.port = String(this.#port);
    return url.href;
  }

  async open(): Promise<void> {
    this.#server = createServer((client) => this.#link(client));
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address && typeof address === "object") this.#port = address.port;
  }

  /** Cuts every connection and refuses new ones. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.cut();
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  cut(): void {
    for (const { client, server } of this.#links) {
      client.destroy();
      server.destroy();
    }
  }

  /** Connections stay and nothing comes through them any more; new ones are as they should be. */
  silence(): void {
    for (const link of this.#links) pause(link);
  }

  /** New connections are silent too. */
  freeze(): void {
    this.#isFrozen = true;
    this.silence();
  }

  thaw(): void {
    this.#isFrozen = false;
    for (const { client, server } of this.#links) {
      client.resume();
      server.resume();
    }
  }

  #link(client: Socket): void {
    const server = connect(Number(this.#target.port), this.#target.hostname);
    const link: Link = { client, server, fate: this.fate, answers: 0, rest: Buffer.alloc(0) };
    this.#links.add(link);
    if (this.#isFrozen) pause(link);
    // No encoding is set.
    client.on("data", (bytes) => {
      this.onQuestion(bytes as Buffer);
      server.write(bytes);
    });
    server.on("data", (bytes) => forward(link, bytes as Buffer));
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      // How the others end is what is tried here.
      one.on("error", () => undefined);
      one.on("end", () => other.end());
      one.on("close", () => {
        other.destroySoon();
        this.#links.delete(link);
      });
    }
  }
}

function pause({ client, server }: Link): void {
  client.pause();
  server.pause();
}

/** In whole messages, each of which is a letter and its length, itself included, before what it says. */
function forward(link: Link, bytes: Buffer): void {
  const { client, server, fate } = link;
  const all = Buffer.concat([link.rest, bytes]);
  let end = 0;
  while (end + 5 <= all.length && end + 1 + all.readInt32BE(end + 1) <= all.length) {
    if (all[end] === readyForQuery) link.answers += 1;
    end += 1 + all.readInt32BE(end + 1);
    if (link.answers !== fate?.withAnswer) continue;
    if (fate.it === "falls silent") {
      client.write(all.subarray(0, end));
      return pause(link);
    }
    // In one piece.
    client.end(Buffer.concat([all.subarray(0, end), fatal("57P01", "terminating connection")]));
    server.destroy();
    return;
  }
  client.write(all.subarray(0, end));
  link.rest = all.subarray(end);
}

function fatal(sqlState: string, message: string): Buffer {
  const body = Buffer.from(`SFATAL\0VFATAL\0C${sqlState}\0M${message}\0\0`);
  const head = Buffer.from("E\0\0\0\0");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

import { setTimeout as delay } from "node:timers/promises";
import { createPoller, type Parts, type Poller, type PollerOptions, withTimeout } from "@kismet/service-kit";
import pg from "pg";
import { Gauge } from "prom-client";
import { lockId } from "./advisory-locks.ts";
import type { AnyDatabase } from "./database.ts";
import { connectionOptions, type DatabaseConfig } from "./pool.ts";

/** How often the holder says that it lives, and others try. */
const beatEveryMs = 500;
/** A beat that takes longer counts as the end of the session. */
const beatTimeoutMs = 1_500;
/** Postgres ends the session of a holder that has not spoken for this long (frozen, cut off), and so frees its locks. */
const silenceMs = 3_000;

type Candidacy = { name: string; key: bigint; isHeld: boolean; gained(): void; lost(): Promise<void> | void };

export type LeadershipHandlers = {
  gained(): void;
  /** Awaited before the lock is given back on a shutdown, so that the work of two leaders doesn't overlap then. */
  lost(): Promise<void> | void;
};

const campaigns = new WeakMap<object, Campaign>();

/**
 * One instance at a time leads under a name. The leader may not know for some seconds that it no longer is (it was
 * frozen, then woken), so what leaders do must bear two of them for a moment.
 * All names of an instance share one connection, outside the pool and not through a transaction-pooling proxy.
 */
export function holdLeadership(
  parts: Parts<DatabaseConfig>,
  database: AnyDatabase,
  name: string,
  handlers: LeadershipHandlers,
): void {
  let campaign = campaigns.get(database);
  if (!campaign) {
    campaign = new Campaign(parts);
    campaigns.set(database, campaign);
  }
  const key = lockId(`${parts.name}/${name}`);
  campaign.add({ name, key, isHeld: false, ...handlers });
}

/** Work that one instance does at a time, again and again; two of them for a moment must do no harm. */
export function pollAsLeader(
  parts: Parts<DatabaseConfig>,
  database: AnyDatabase,
  options: PollerOptions,
): Poller {
  const poller = createPoller(parts.logger, options);
  holdLeadership(parts, database, options.name, {
    gained: () => void poller.start(),
    lost: () => poller.stop(),
  });
  return poller;
}

class Campaign {
  readonly #parts: Parts<DatabaseConfig>;
  readonly #candidacies: Candidacy[] = [];
  readonly #stopping = new AbortController();
  readonly #gauge: Gauge<"name">;
  #client: pg.Client | undefined;
  #running: Promise<void> | undefined;
  #isResigning = false;

  constructor(parts: Parts<DatabaseConfig>) {
    this.#parts = parts;
    this.#gauge = new Gauge({
      name: "kismet_leader",
      help: "1 while this instance leads under the name",
      labelNames: ["name"],
      registers: [parts.metrics],
    });
    parts.lifecycle.add({
      name: "leadership",
      start: async () => {
        this.#running = this.#run();
      },
      stop: () => this.#stop(),
    });
  }

  add(candidacy: Candidacy): void {
    this.#candidacies.push(candidacy);
    this.#gauge.set({ name: candidacy.name }, 0);
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const begin = performance.now();
      try {
        this.#client ??= await this.#connect();
        await withTimeout(this.#beat(this.#client), beatTimeoutMs, "the beat of the leadership session");
      } catch (error) {
        this.#parts.logger.warn({ err: error }, "leadership session ended");
        await this.#abandon();
      }
      await this.#pause(beatEveryMs - (performance.now() - begin));
    }
  }

  /** Even with nothing to try it speaks, which is what keeps the session alive. */
  async #beat(client: pg.Client): Promise<void> {
    const wanted = this.#candidacies.filter((candidacy) => !candidacy.isHeld && !this.#isResigning);
    const keys = wanted.map((candidacy) => candidacy.key.toString());
    const { rows } = await client.query<{ key: string }>(
      "SELECT key FROM unnest($1::bigint[]) AS key WHERE pg_try_advisory_lock(key)",
      [keys],
    );
    // An answer that came after we gave the session up holds nothing.
    if (this.#client !== client || this.#isResigning) return;
    const won = new Set(rows.map((row) => row.key));
    for (const candidacy of wanted) if (won.has(candidacy.key.toString())) this.#gain(candidacy);
  }

  #gain(candidacy: Candidacy): void {
    candidacy.isHeld = true;
    this.#gauge.set({ name: candidacy.name }, 1);
    this.#parts.logger.info({ leads: candidacy.name }, "leading");
    candidacy.gained();
  }

  async #lose(candidacy: Candidacy): Promise<void> {
    if (!candidacy.isHeld) return;
    candidacy.isHeld = false;
    this.#gauge.set({ name: candidacy.name }, 0);
    try {
      await candidacy.lost();
    } catch (error) {
      this.#parts.logger.error({ err: error, leads: candidacy.name }, "giving up leadership failed");
    }
  }

  async #connect(): Promise<pg.Client> {
    const { databaseUrl, instanceId } = this.#parts.config;
    const client = new pg.Client({
      ...connectionOptions(databaseUrl, `kismet-${this.#parts.name} leadership ${instanceId}`),
      options: `-c idle_session_timeout=${silenceMs}`,
      query_timeout: beatTimeoutMs,
    });
    client.on("error", (error) => {
      this.#parts.logger.debug({ err: error }, "leadership connection ended");
      if (this.#client === client) void this.#abandon();
    });
    await client.connect();
    return client;
  }

  /** The locks went with the session, or will as soon as Postgres notices. */
  async #abandon(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    client?.end().catch((error: unknown) => this.#parts.logger.debug({ err: error }, "connection was gone"));
    await Promise.all(this.#candidacies.map((candidacy) => this.#lose(candidacy)));
  }

  /** Beats on while it gives up its work: a session that says nothing would lose the locks before. */
  async #stop(): Promise<void> {
    this.#isResigning = true;
    await Promise.all(this.#candidacies.map((candidacy) => this.#lose(candidacy)));
    this.#stopping.abort();
    await this.#running;
    await this.#abandon();
  }

  async #pause(ms: number): Promise<void> {
    try {
      if (ms > 0) await delay(ms, undefined, { signal: this.#stopping.signal });
    } catch (error) {
      if (!this.#stopping.signal.aborted) throw error;
    }
  }
}

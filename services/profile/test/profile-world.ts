import {
  type Account,
  type AccountStatus,
  AccountChanged,
  GetAccount,
  type ProfileRequest,
  type ProfileSnapshot,
} from "@kismet/contracts";
import {
  answer,
  createWorld,
  eventually,
  memberToken,
  newId,
  startTestService,
  type StandIn,
  type Teardown,
  type World,
} from "@kismet/testing";
import type { Static } from "typebox";
import { buildApp } from "../src/app.ts";
import { Config } from "../src/config.ts";

export const mara: ProfileRequest = { firstName: "Mara", gender: "woman" };
export const berlin = { latitude: 52.52, longitude: 13.405 };

/** A world in which auth is played by a stand-in that knows every member, born on the same day. */
export type ProfileWorld = World & { auth: StandIn; startAuth(): Promise<StandIn> };

export async function createProfileWorld(t: Teardown): Promise<ProfileWorld> {
  const world = await createWorld(t, { realAuth: true });
  const startAuth = () => world.standIn("auth", { answers: [answer(GetAccount, accountOf)] });
  return { ...world, auth: await startAuth(), startAuth };
}

export const birthDate = "1995-04-01";

async function accountOf({ memberId }: { memberId: string }): Promise<Account> {
  return { memberId, status: "active", birthDate, locale: "en", createdAt: new Date().toISOString() };
}

export function startProfile(t: Teardown, world: World, settings: Partial<Static<typeof Config>> = {}) {
  return startTestService(t, world, { name: "profile", config: Config, buildApp, settings });
}

export type Answer = { status: number; body: Record<string, unknown>; retryAfter: number };

/** One member at one instance. */
export class Client {
  readonly memberId: string;
  readonly #url: string;
  readonly #token: string;

  constructor(world: World, url: string, memberId = newId()) {
    this.memberId = memberId;
    this.#url = url;
    this.#token = memberToken(world, { memberId });
  }

  async send(method: string, path: string, body?: unknown): Promise<Answer> {
    return this.sendText(method, path, body === undefined ? undefined : JSON.stringify(body));
  }

  async sendText(method: string, path: string, body?: string): Promise<Answer> {
    const response = await fetch(this.#url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>),
      retryAfter: Number(response.headers.get("retry-after")),
    };
  }

  put(path: string, body?: unknown): Promise<Answer> {
    return this.send("PUT", path, body);
  }

  get(path: string): Promise<Answer> {
    return this.send("GET", path);
  }
}

export type Told<P> = { subject: string; aggregateId: string; payload: P };

/** What the service has told the others of an aggregate, in order, once all of it has been published. */
export async function eventsOf<P = ProfileSnapshot>(world: World, aggregateId: string): Promise<Told<P>[]> {
  return eventually(async () => {
    const rows = await world.sql<{ subject: string; payload: P; published: boolean }>(
      `SELECT subject, payload, published_at IS NOT NULL AS published
         FROM profile.outbox WHERE aggregate_id = $1 ORDER BY id`,
      [aggregateId],
    );
    if (rows.some(({ published }) => !published)) throw new Error("not all has been published");
    return rows.map(({ subject, payload }) => ({ subject, payload, aggregateId }));
  });
}

let accountVersion = 0;

/** Resolves once the service has heard of it. */
export async function changeAccount(
  world: ProfileWorld,
  memberId: string,
  status: AccountStatus,
): Promise<void> {
  accountVersion += 1;
  const version = accountVersion;
  await world.auth.emit(AccountChanged, {
    aggregateId: memberId,
    payload: { memberId, version, status, changedAt: new Date().toISOString() },
  });
  await eventually(async () => {
    const rows = await world.sql("SELECT FROM profile.accounts WHERE member_id = $1 AND version = $2", [
      memberId,
      version,
    ]);
    if (rows.length === 0) throw new Error("profile has not heard of it");
  });
}

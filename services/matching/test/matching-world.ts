import {
  AccountChanged,
  type AccountStatus,
  BlockCreated,
  BlockRemoved,
  type Consumable,
  type Deck,
  EntitlementChanged,
  type Entitlements,
  ProfileChanged,
  type ProfileSnapshot,
  RefundConsumable,
  SpendConsumable,
  type SwipeAnswer,
  type SwipeRequest,
} from "@kismet/contracts";
import { PublicError } from "@kismet/service-kit";
import {
  answer,
  createWorld,
  eventually,
  memberToken,
  newId,
  type StandIn,
  startTestService,
  type Teardown,
  type World,
} from "@kismet/testing";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import { latLngToCell } from "h3-js";
import { buildApp } from "../src/app.ts";
import { saveAccount, saveProfile } from "../src/candidates/candidates-repository.ts";
import { Config } from "../src/config.ts";
import * as schema from "../src/schema.ts";

export type Reply<Body> = { status: number; body: Body & { code?: string }; retryAfter: number };

/** What billing would keep: who has how many super likes, and what was spent or refunded under which key. */
export class SuperlikeLedger {
  readonly balances = new Map<string, number>();
  readonly spent = new Map<string, "spent" | "refunded">();
  /** Called after a payment was booked and before it is answered. */
  onSpent: () => Promise<void> = async () => undefined;

  async spend({ memberId, key }: { memberId: string; consumable: Consumable; key: string }) {
    if (this.spent.get(key) === "refunded") throw new PublicError("BILLING_KEY_REFUNDED", 409, "closed");
    if (!this.spent.has(key)) {
      const balance = this.balances.get(memberId) ?? 0;
      if (balance === 0) throw new PublicError("BILLING_BALANCE_INSUFFICIENT", 409, "none left");
      this.balances.set(memberId, balance - 1);
      this.spent.set(key, "spent");
    }
    await this.onSpent();
    return { balance: this.balances.get(memberId) ?? 0 };
  }

  async refund({ memberId, key }: { memberId: string; key: string }) {
    const balance = this.balances.get(memberId) ?? 0;
    if (this.spent.get(key) === "spent") this.balances.set(memberId, balance + 1);
    this.spent.set(key, "refunded");
    return { balance: this.balances.get(memberId) ?? 0 };
  }
}

/** A member as matching hears of one, with the calls that the member's client makes. */
export class Person {
  readonly id: string;
  readonly #world: MatchingWorld;
  readonly #token: string;

  constructor(world: MatchingWorld, id: string) {
    this.id = id;
    this.#world = world;
    this.#token = memberToken(world.world, { memberId: id });
  }

  async call<Body = unknown>(
    method: string,
    path: string,
    body?: object,
    instance = 0,
  ): Promise<Reply<Body>> {
    const response = await fetch(`${this.#world.urls[instance]}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body ? { "content-type": "application/json" } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: (text === "" ? {} : JSON.parse(text)) as Reply<Body>["body"],
      retryAfter: Number(response.headers.get("retry-after")),
    };
  }

  swipe(
    target: { id: string },
    action: SwipeRequest["action"],
    { note, instance }: { note?: string; instance?: number } = {},
  ): Promise<Reply<SwipeAnswer>> {
    const body = { targetId: target.id, action, ...(note === undefined ? {} : { note }) };
    return this.call("POST", "/v1/swipes", body, instance);
  }

  /** As a client does it: sent again after a 503 or 504, which a crowd at one instant may get while connections are few. */
  async swipePatiently(
    target: { id: string },
    action: SwipeRequest["action"],
    instance: number,
  ): Promise<Reply<SwipeAnswer>> {
    return eventually(
      async () => {
        const reply = await this.swipe(target, action, { instance });
        if (reply.status >= 503) throw new Error(`${reply.status} ${reply.body.code}`);
        return reply;
      },
      // On a busy machine a crowd of 200 is let in little by little, and the faster it asks, the fewer get in.
      { timeoutMs: 60_000, everyMs: 250 },
    );
  }

  async deck(limit = 50): Promise<Deck> {
    return (await this.call<Deck>("GET", `/v1/discovery?limit=${limit}`)).body;
  }

  async deckIds(): Promise<string[]> {
    return (await this.deck()).items.map(({ memberId }) => memberId);
  }
}

type Place = [latitude: number, longitude: number];
export const london: Place = [51.5074, -0.1278];
export const paris: Place = [48.8566, 2.3522];
export const madrid: Place = [40.4168, -3.7038];

export type PersonOptions = Partial<Omit<ProfileSnapshot, "preferences">> & {
  preferences?: Partial<ProfileSnapshot["preferences"]>;
  place?: Place;
};

/** Matching, in as many instances as asked for, among the services that it hears of and asks. */
export class MatchingWorld {
  readonly world: World;
  readonly ledger = new SuperlikeLedger();
  urls: string[] = [];
  #auth!: StandIn;
  #profile!: StandIn;
  #billing!: StandIn;
  readonly #versions = new Map<string, number>();
  readonly database: NodePgDatabase<typeof schema> & { $client: { end(): Promise<void> } };

  private constructor(t: Teardown, world: World) {
    this.world = world;
    this.database = drizzle({ connection: world.databaseUrl("matching"), schema });
    t.teardown(() => this.database.$client.end());
  }

  static async start(
    t: Teardown,
    { instances = 1, settings = {} }: { instances?: number; settings?: Partial<Config> } = {},
  ): Promise<MatchingWorld> {
    const matching = new MatchingWorld(t, await createWorld(t));
    const { world, ledger } = matching;
    await giveAuthAnOutbox(world);
    matching.#auth = await world.standIn("auth");
    matching.#profile = await world.standIn("profile");
    matching.#billing = await world.standIn("billing", {
      answers: [
        answer(SpendConsumable, (request) => ledger.spend(request)),
        answer(RefundConsumable, (request) => ledger.refund(request)),
      ],
    });
    for (let i = 0; i < instances; i++) {
      const service = await startTestService(t, world, {
        name: "matching",
        config: Config,
        buildApp,
        settings,
      });
      matching.urls.push(service.url);
    }
    return matching;
  }

  /** Somebody of thirty years in the middle of London who would like to meet anybody, unless said otherwise. */
  async person(options: PersonOptions = {}): Promise<Person> {
    const [person] = await this.people([options]);
    if (!person) throw new Error("one was asked for");
    return person;
  }

  /** Written by the projection's own code but without events, which the projection's tests send. */
  async people(all: PersonOptions[]): Promise<Person[]> {
    const people = all.map(() => new Person(this, newId()));
    await this.database.transaction(async (tx) => {
      for (const [i, { id: memberId }] of people.entries()) {
        await saveProfile(tx, this.profile(memberId, all[i]));
        await saveAccount(tx, { memberId, status: "active", version: this.#next(`account ${memberId}`) });
      }
    });
    return people;
  }

  /** The latest word of a profile, as the projection takes it. */
  async changeProfile(person: Person, options: PersonOptions): Promise<void> {
    await this.database.transaction((tx) => saveProfile(tx, this.profile(person.id, options)));
  }

  known(memberId: string): Person {
    return new Person(this, memberId);
  }

  /** Somebody of whom matching has not heard. */
  stranger(): Person {
    return new Person(this, newId());
  }

  async tellProfile(memberId: string, options?: PersonOptions, version?: number): Promise<void> {
    const payload = this.profile(memberId, options);
    if (version !== undefined) payload.version = version;
    await this.#profile.emit(ProfileChanged, { aggregateId: memberId, payload });
  }

  profile(memberId: string, { preferences, place = london, ...given }: PersonOptions = {}): ProfileSnapshot {
    return {
      memberId,
      version: this.#next(`profile ${memberId}`),
      firstName: "Robin",
      birthDate: "1996-01-01",
      gender: "woman",
      bio: null,
      interests: [],
      relationshipGoal: null,
      job: null,
      school: null,
      heightCm: null,
      preferences: {
        showMe: ["woman", "man", "nonbinary"],
        minAge: 18,
        maxAge: 100,
        maxDistanceKm: null,
        ...preferences,
      },
      cell: latLngToCell(...place, 7),
      timeZone: "Europe/London",
      createdAt: "2026-01-01T00:00:00.000Z",
      changedAt: "2026-01-01T00:00:00.000Z",
      ...given,
    };
  }

  async tellAccount(memberId: string, status: AccountStatus, version = this.#next(`account ${memberId}`)) {
    const payload = { memberId, status, version, changedAt: new Date().toISOString() };
    await this.#auth.emit(AccountChanged, { aggregateId: memberId, payload });
  }

  async tellBlock(blocker: Person, blocked: Person, active: boolean, version?: number) {
    const aggregateId = `${blocker.id}:${blocked.id}`;
    const payload = {
      blockerId: blocker.id,
      blockedId: blocked.id,
      version: version ?? this.#next(`block ${aggregateId}`),
      changedAt: new Date().toISOString(),
    };
    await this.#profile.emit(active ? BlockCreated : BlockRemoved, { aggregateId, payload });
  }

  async tellEntitlements(memberId: string, given: Partial<Entitlements>) {
    const payload = {
      memberId,
      tier: "free" as const,
      features: { unlimitedLikes: false, seeLikes: false },
      balances: { boosts: 0, superlikes: 0 },
      validUntil: null,
      version: this.#next(`entitlement ${memberId}`),
      ...given,
    };
    await this.#billing.emit(EntitlementChanged, { aggregateId: memberId, payload });
  }

  /** Waits until a query gives so many rows. */
  async settled(query: string, values: unknown[], rows = 1): Promise<void> {
    await eventually(
      async () => {
        const found = await this.world.sql(query, values);
        if (found.length !== rows) throw new Error(`${found.length} rows of ${rows}: ${query}`);
      },
      { timeoutMs: 20_000 },
    );
  }

  /** The events that matching has emitted under a subject, in order. */
  async emitted<Payload>(subject: string): Promise<Payload[]> {
    const rows = await this.world.sql<{ payload: Payload }>(
      "SELECT payload FROM matching.outbox WHERE subject = $1 ORDER BY id",
      [subject],
    );
    return rows.map(({ payload }) => payload);
  }

  #next(name: string): number {
    const version = (this.#versions.get(name) ?? 0) + 1;
    this.#versions.set(name, version);
    return version;
  }
}

/** What auth's own migrations will do. */
async function giveAuthAnOutbox(world: World): Promise<void> {
  for (const table of ["outbox", "inbox", "parked", "rebuilds"]) {
    await world.sql(`CREATE TABLE IF NOT EXISTS auth.${table} (LIKE matching.${table} INCLUDING ALL)`);
    await world.sql(`ALTER TABLE auth.${table} OWNER TO kismet_auth`);
  }
}

import assert from "node:assert/strict";
import type { HealthReport } from "@kismet/service-kit";
import { domainServices, type ServiceName } from "@kismet/contracts";
import { eventually, memberToken, newId, spawnSystem, type System } from "@kismet/testing";
import t, { type Test } from "tap";
import { type Answer, createMembers, matchThem, Phone, SystemMember } from "./member.ts";

t.setTimeout(170_000);

/** All but auth, which is played. */
const started = domainServices.filter((name) => name !== "auth");

/** What the clients give each request, and what may come on top of it on a busy machine. */
const deadlineMs = 2_500;
const marginMs = 1_000;
/** A16 */
const tellsWithinMs = 2_000;
const recoversWithinMs = 15_000;

type Operation =
  | "deck"
  | "swipe"
  | "say"
  | "conversations"
  | "profile"
  | "edit profile"
  | "first profile"
  | "catalogue"
  | "entitlements"
  | "ticket"
  | "documentation";

type Outage = {
  name: string;
  begin(): Promise<void> | void;
  end(): Promise<void> | void;
  /** Whose `/readyz` shows it, under which name, and whether they are not ready because of it. */
  tells: { services: ServiceName[]; check: string; required: boolean } | undefined;
  /** All others go on. */
  fails: Operation[];
};

/** What members do: each is a request through the gateway that has nothing to fear if nothing is broken. */
class Members {
  readonly #system: System;
  readonly #ann: SystemMember;
  readonly #ben: SystemMember;
  readonly #talk: string;

  constructor(system: System, [ann, ben]: [SystemMember, SystemMember], talk: string) {
    this.#system = system;
    this.#ann = ann;
    this.#ben = ben;
    this.#talk = talk;
  }

  async doAll(): Promise<Map<Operation, Answer>> {
    const calls: Record<Operation, Promise<Answer>> = {
      deck: this.#call("GET", "/v1/discovery?limit=5"),
      swipe: this.#call("POST", "/v1/swipes", { targetId: this.#ben.id, action: "like" }),
      say: this.#call("POST", `/v1/conversations/${this.#talk}/messages`, {
        clientMessageId: newId(),
        type: "text",
        text: "still there?",
      }),
      conversations: this.#call("GET", "/v1/conversations"),
      profile: this.#call("GET", "/v1/profile"),
      "edit profile": this.#call("PATCH", "/v1/profile", { bio: `edit ${newId()}` }),
      "first profile": this.#call(
        "PUT",
        "/v1/profile",
        { firstName: "Nia", gender: "woman" },
        this.#newcomer(),
      ),
      catalogue: this.#call("GET", "/v1/billing/catalogue"),
      entitlements: this.#call("GET", "/v1/billing/entitlements"),
      ticket: this.#call("POST", "/v1/chat/ticket"),
      documentation: this.#call("GET", "/openapi.json"),
    };
    const answers = new Map<Operation, Answer>();
    for (const [name, call] of Object.entries(calls)) answers.set(name as Operation, await call);
    return answers;
  }

  #call(method: string, path: string, body?: unknown, by = this.#ann): Promise<Answer> {
    return by.call(method, path, body, { headers: { "x-deadline-ms": String(deadlineMs) } });
  }

  #newcomer(): SystemMember {
    const id = newId();
    return new SystemMember(this.#system.url, {
      id,
      token: memberToken(this.#system.world, { memberId: id }),
    });
  }
}

function outagesOf(system: System): Outage[] {
  const { servers } = system;
  const [profile] = system.instances("profile");
  assert.ok(servers && profile);
  const withDatabase: ServiceName[] = [...started];
  const needing = {
    redis: {
      tells: { services: ["gateway", "chat"] as ServiceName[], check: "redis", required: false },
      fails: ["ticket"] as Operation[],
    },
    nats: {
      tells: { services: ["gateway", ...withDatabase] as ServiceName[], check: "nats", required: true },
      fails: ["first profile"] as Operation[],
    },
    postgres: {
      tells: { services: withDatabase, check: "database", required: true },
      fails: [
        ...(["deck", "swipe", "say", "conversations"] as const),
        ...(["profile", "edit profile", "first profile", "entitlements"] as const),
      ] as Operation[],
    },
    profile: { tells: undefined, fails: ["profile", "edit profile", "first profile"] as Operation[] },
  };
  const things = [servers.redis, servers.nats, servers.postgres, { name: "profile", ...profile }] as const;
  return things.flatMap((thing) => {
    const rules = needing[thing.name as keyof typeof needing];
    return [
      {
        ...rules,
        name: `${thing.name} is stopped`,
        begin: async () => void (await thing.stop()),
        end: () => thing.start(),
      },
      { ...rules, name: `${thing.name} is frozen`, begin: () => thing.freeze(), end: () => thing.thaw() },
    ];
  });
}

async function readiness(
  system: System,
  service: ServiceName,
): Promise<{ ok: boolean; report: HealthReport }> {
  const response = await fetch(`${system.instances(service)[0]?.opsUrl}/readyz`, {
    signal: AbortSignal.timeout(1_000),
  });
  return { ok: response.ok, report: (await response.json()) as HealthReport };
}

async function provesReadiness(t: Test, system: System, { tells }: Outage): Promise<void> {
  const begin = performance.now();
  if (!tells) {
    // The service itself is what is away: its own port says so by saying nothing.
    await t.rejects(readiness(system, "profile"));
    return;
  }
  const { services, check, required } = tells;
  await Promise.all(
    services.map(async (service) => {
      const name = `/readyz of ${service} tells in time of ${check}`;
      await eventually(
        async () => {
          const { ok, report } = await readiness(system, service);
          assert.equal(report.checks.find((each) => each.name === check)?.ok, false);
          assert.equal(ok, !required, "ready if it can do without");
        },
        { timeoutMs: tellsWithinMs - (performance.now() - begin), everyMs: 50 },
      ).then(
        () => t.pass(name),
        (error: Error) => t.fail(`${name}: ${error.message}`),
      );
    }),
  );
}

const codes: Record<number, string[]> = {
  503: ["UNAVAILABLE", "DATABASE_UNAVAILABLE"],
  504: ["DEADLINE_EXCEEDED", "DATABASE_TIMEOUT"],
};

function provesAnswers(t: Test, answers: Map<Operation, Answer>, { fails }: Outage): void {
  for (const [operation, { status, body, headers, ms }] of answers) {
    if (!fails.includes(operation)) {
      t.ok(status < 300, `${operation} goes on (${status} ${body.code ?? ""})`);
      continue;
    }
    t.match(headers.get("content-type"), "application/problem+json");
    const isTyped = codes[status]?.includes(String(body.code)) === true;
    t.ok(isTyped, `${operation} fails as it should (${status} ${body.code})`);
    t.ok(body.requestId, "with a request id");
    t.ok(ms < deadlineMs + marginMs, `in time (${Math.round(ms)} ms)`);
  }
}

async function provesRecovery(t: Test, system: System, members: Members): Promise<void> {
  const begin = performance.now();
  await eventually(
    async () => {
      for (const [operation, { status, body }] of await members.doAll())
        assert.ok(status < 300, `${operation}: ${status} ${body.code}`);
      for (const service of ["gateway", ...started] as const)
        assert.ok((await readiness(system, service)).ok, `${service} is not ready`);
    },
    { timeoutMs: recoversWithinMs, everyMs: 50 },
  );
  t.pass(`all is well again after ${Math.round(performance.now() - begin)} ms`);
}

await t.test("proof 7: each part stopped and frozen in turn (A09, A16, A19, A53)", async (t) => {
  const system = await spawnSystem(t, { servers: "private" });
  const [ann, ben, ...admirers] = await createMembers(system, 10);
  if (!ann || !ben) return t.fail("there are two");
  const members = new Members(system, [ann, ben], await matchThem(ann, ben));
  const phone = new Phone(ann, [system.url]);
  await phone.turnOn();
  await provesRecovery(t, system, members);

  for (const outage of outagesOf(system)) {
    await t.test(outage.name, async (t) => {
      const admirer = admirers.pop();
      if (!admirer) return t.fail("one for each outage");
      await outage.begin();
      const answers = members.doAll();
      await provesReadiness(t, system, outage);
      provesAnswers(t, await answers, outage);
      await outage.end();
      await provesRecovery(t, system, members);
      // Events flow again too, up to the socket.
      const matchId = await matchThem(admirer, ann);
      await eventually(
        () =>
          assert.ok(
            phone.changes.some(({ change }) => change.type === "match" && change.match.id === matchId),
          ),
        { timeoutMs: recoversWithinMs },
      );
      t.pass("a match arrives at the socket");
    });
  }
  const fatal = system.lines.filter(({ text }) => text.includes('"level":"fatal"'));
  t.same(fatal, [], "nothing had to be restarted");
  const faults = system.lines.filter(({ text }) => text.includes('"code":"INTERNAL"'));
  t.same(faults, [], "and no failure was taken for a fault");
  phone.turnOff();
});

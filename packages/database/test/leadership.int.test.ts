import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createWorld, eventually, forAWhile } from "@kismet/testing";
import t from "tap";
import { holdLeadership } from "../src/index.ts";
import { cleanEnvironment, createInstance, type Instance } from "./world/instance.ts";
import { Proxy } from "./world/proxy.ts";

t.setTimeout(120_000);
// They wait for the most part.
t.jobs = 4;

/** After which Postgres takes a leader for gone that says nothing. */
const silenceMs = 3_000;
/** A beat, and what a busy machine may add. */
const slackMs = 2_500;

const world = await createWorld(t, { realAuth: true });
const url = world.databaseUrl("auth");

type Teardown = { teardown(work: () => Promise<unknown> | void): void };
type Candidate = Instance & { leads: boolean };

/** In the order in which it happened. */
class History {
  readonly events: string[] = [];
  readonly write = (event: string) => void this.events.push(event);
  readonly shows = (event: string, timeoutMs = silenceMs + slackMs) =>
    eventually(
      () => {
        if (!this.events.includes(event)) throw new Error(`no "${event}" in ${this.events.join()}`);
      },
      { timeoutMs },
    );
}

/** Stands for leadership under `name`; `giveUp` is what it does before it lets go. */
async function stand(
  t: Teardown,
  name: string,
  {
    as,
    history,
    through = url,
    giveUp = () => undefined,
  }: { as: string; history: History; through?: string; giveUp?: () => Promise<void> | void },
): Promise<Candidate> {
  const candidate = { ...createInstance(through, { databasePoolSize: 1 }), leads: false };
  holdLeadership(candidate.parts, candidate.database, name, {
    gained() {
      candidate.leads = true;
      history.write(`${as} gained`);
    },
    async lost() {
      await giveUp();
      candidate.leads = false;
      history.write(`${as} lost`);
    },
  });
  t.teardown(() => candidate.parts.lifecycle.stop());
  await candidate.parts.lifecycle.start();
  return candidate;
}

const leading = (candidate: Candidate) =>
  eventually(() => {
    if (!candidate.leads) throw new Error("it does not lead");
  });

type CandidateProcess = { child: ChildProcess; events: string[]; says(word: string): Promise<void> };

function standAlone(t: Teardown, name: string, through = url): CandidateProcess {
  const program = fileURLToPath(new URL("candidate-process.ts", import.meta.url));
  const child = spawn(process.execPath, [program, through, name], {
    env: cleanEnvironment,
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.teardown(() => void child.kill("SIGKILL"));
  const events: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => events.push(line));
  const says = (word: string) =>
    eventually(
      () => {
        if (!events.includes(word)) throw new Error(`it has said ${events.join()}`);
      },
      { timeoutMs: 30_000 },
    );
  return { child, events, says };
}

t.test("one of many leads, and when it stops another does", { buffered: true }, async (t) => {
  const history = new History();
  const names = ["ann", "bob", "cat", "dan", "eve"];
  const candidates = await Promise.all(names.map((as) => stand(t, "many", { as, history })));
  const leaders = () => candidates.filter(({ leads }) => leads);
  for (let left = names.length; left > 0; left -= 1) {
    const [leader] = await eventually(() => {
      if (leaders().length === 0) throw new Error("nobody leads");
      return leaders();
    });
    await forAWhile(() => void t.equal(leaders().length, 1), 600);
    const gauge = await leader?.parts.metrics.getSingleMetricAsString("kismet_leader");
    t.match(gauge, /kismet_leader\{name="many".*\} 1/);
    await leader?.parts.lifecycle.stop();
    t.notOk(leader?.leads);
  }
  const turns = history.events.map((event) => event.split(" ")[1]);
  t.same(
    turns,
    names.flatMap(() => ["gained", "lost"]),
    "never two at once",
  );
  t.same(new Set(history.events.map((event) => event.split(" ")[0])), new Set(names));
});

t.test("leadership under different names is held apart, on one connection", { buffered: true }, async (t) => {
  const instance = createInstance(url);
  t.teardown(() => instance.parts.lifecycle.stop());
  const held = new Set<string>();
  for (const name of ["upkeep", "relay"])
    holdLeadership(instance.parts, instance.database, name, {
      gained: () => void held.add(name),
      lost: () => void held.delete(name),
    });
  const history = new History();
  await stand(t, "upkeep", { as: "other", history });
  await history.shows("other gained");
  await instance.parts.lifecycle.start();
  await eventually(() => {
    if (!held.has("relay")) throw new Error("it does not lead");
  });
  t.same(held, new Set(["relay"]));
  const sessions = await world.sql("SELECT FROM pg_stat_activity WHERE application_name = $1", [
    `kismet-auth leadership ${instance.parts.config.instanceId}`,
  ]);
  t.equal(sessions.length, 1);
});

t.test(
  "who stops gives its work up before the next begins, however long that takes",
  { buffered: true },
  async (t) => {
    const history = new History();
    const work = Promise.withResolvers<void>();
    const ann = await stand(t, "slow work", { as: "ann", history, giveUp: () => work.promise });
    await history.shows("ann gained");
    await stand(t, "slow work", { as: "bob", history });
    const stopping = ann.parts.lifecycle.stop();
    await forAWhile(() => {
      if (history.events.length > 1) throw new Error(history.events.join());
    }, silenceMs + 700);
    work.resolve();
    await stopping;
    await history.shows("bob gained");
    t.same(history.events, ["ann gained", "ann lost", "bob gained"]);
  },
);

t.test("who can't give its work up is logged and lets go all the same", { buffered: true }, async (t) => {
  const history = new History();
  const giveUp = () => Promise.reject(new Error("it holds on"));
  const ann = await stand(t, "stubborn", { as: "ann", history, giveUp });
  await history.shows("ann gained");
  await stand(t, "stubborn", { as: "bob", history });
  await ann.parts.lifecycle.stop();
  await history.shows("bob gained", 1_000 + slackMs);
  const line = ann.lines.find(({ message }) => message === "giving up leadership failed");
  t.match(line, { level: "error", leads: "stubborn", err: { message: "it holds on" } });
});

t.test(
  "a leader whose session Postgres ends knows it at once, and may lead again",
  { buffered: true },
  async (t) => {
    const history = new History();
    const ann = await stand(t, "ended", { as: "ann", history });
    await history.shows("ann gained");
    await world.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", [
      `kismet-auth leadership ${ann.parts.config.instanceId}`,
    ]);
    await history.shows("ann lost", slackMs);
    t.notOk(
      ann.lines.some(({ message }) => message === "leadership session ended"),
      "no beat had to fail for it",
    );
    await leading(ann);
    t.same(history.events, ["ann gained", "ann lost", "ann gained"]);
  },
);

t.test("a yes with which the session ends makes nobody a leader", { buffered: true }, async (t) => {
  const history = new History();
  const proxy = await Proxy.start(t, url);
  proxy.fate = { withAnswer: 2, it: "ends" };
  const ann = await stand(t, "short", { as: "ann", history, through: proxy.url });
  await forAWhile(() => void t.same(history.events, []), 1_500);
  proxy.fate = undefined;
  await leading(ann);
  t.same(history.events, ["ann gained"]);
});

t.test("a leader that is cut off knows it before another leads", { buffered: true }, async (t) => {
  const history = new History();
  const proxy = await Proxy.start(t, url);
  const ann = await stand(t, "cut off", { as: "ann", history, through: proxy.url });
  await history.shows("ann gained");
  const bob = await stand(t, "cut off", { as: "bob", history });
  proxy.freeze();
  await history.shows("bob gained");
  t.same(history.events, ["ann gained", "ann lost", "bob gained"]);
  proxy.thaw();
  await bob.parts.lifecycle.stop();
  await leading(ann);
  t.same(history.events.slice(3), ["bob lost", "ann gained"], "and leads again when it may");
});

t.test("a leader that is killed is followed at once", { buffered: true }, async (t) => {
  const history = new History();
  const victim = standAlone(t, "killed");
  await victim.says("gained");
  await stand(t, "killed", { as: "bob", history });
  await forAWhile(() => void t.same(history.events, []), 700);
  victim.child.kill("SIGKILL");
  await history.shows("bob gained", slackMs);
  t.same(victim.events, ["started", "gained"]);
});

t.test(
  "a frozen leader is followed, and wakes to know that it leads no more",
  { buffered: true },
  async (t) => {
    const history = new History();
    const sleeper = standAlone(t, "frozen");
    await sleeper.says("gained");
    const bob = await stand(t, "frozen", { as: "bob", history });
    sleeper.child.kill("SIGSTOP");
    await history.shows("bob gained");
    sleeper.child.kill("SIGCONT");
    await sleeper.says("lost");
    await forAWhile(() => {
      if (!bob.leads) throw new Error("bob has lost it");
    }, 1_000);
    t.same(sleeper.events, ["started", "gained", "lost"]);
  },
);

t.test(
  "one that froze while it asked wakes to a late yes, and gains nothing by it",
  { buffered: true },
  async (t) => {
    const history = new History();
    const proxy = await Proxy.start(t, url);
    let isFrozen = false;
    const sleeper = standAlone(t, "late", proxy.url);
    proxy.onQuestion = (bytes) => {
      if (isFrozen || !bytes.includes("pg_try_advisory_lock")) return;
      // Postgres has not heard the question yet, and by its answer the asker sleeps.
      sleeper.child.kill("SIGSTOP");
      isFrozen = true;
    };
    await eventually(
      () => {
        if (!isFrozen) throw new Error("it has not asked");
      },
      { timeoutMs: 30_000 },
    );
    const bob = await stand(t, "late", { as: "bob", history });
    await forAWhile(() => void t.same(history.events, [], "the sleeper has the lock"), 700);
    await history.shows("bob gained");
    sleeper.child.kill("SIGCONT");
    await sleeper.says("started");
    await forAWhile(() => {
      if (sleeper.events.includes("gained")) throw new Error("both lead");
    }, 1_500);
    t.ok(bob.leads);
    await bob.parts.lifecycle.stop();
    await sleeper.says("gained");
  },
);

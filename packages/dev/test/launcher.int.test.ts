import { once } from "node:events";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import t, { type Test } from "tap";
import { Launched, temporaryFolder } from "./launched.ts";
import { rebuild } from "./rebuild.ts";

// Each start is a whole system: a few of them, each asked everything that it can answer.
t.setTimeout(300_000);

const people = "120";

function starter(test: Test, state: string) {
  return (...args: string[]) => {
    const launched = new Launched(["--state", state, "--port", "0", "--people", people, ...args]);
    test.teardown(async () => {
      launched.npm.kill("SIGTERM");
      await launched.exited;
    });
    return launched;
  };
}

t.test("npm start brings up everything; SIGTERM to npm ends everything", async (t) => {
  const state = temporaryFolder(t);
  const first = starter(t, state)();
  const { gateway, docs, mail, postgres, nats, member, password } = await first.ready();

  await t.test("the addresses that it tells are good", async (t) => {
    for (const address of [`${gateway}/healthz`, docs, mail]) {
      const answer = await fetch(String(address), { headers: { accept: "text/html" } });
      t.equal(answer.status, 200, String(address));
    }
    t.match(first.said.join("\n"), String(gateway), "they are told to people as well");
  });

  await t.test("the member whose password it tells can log in and has likes", async (t) => {
    const session = await fetch(`${gateway}/v1/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: member, password }),
    });
    t.equal(session.status, 200);
    const { accessToken } = (await session.json()) as { accessToken: string };
    const asMember = { headers: { authorization: `Bearer ${accessToken}` } };
    const likes = await fetch(`${gateway}/v1/likes`, asMember);
    t.ok(((await likes.json()) as { count: number }).count > 0);
    const deck = await fetch(`${gateway}/v1/discovery`, asMember);
    t.ok(((await deck.json()) as { items: unknown[] }).items.length > 0, "and somebody to look at");
  });

  await t.test("what matching was seeded with is what its consumers make of the events", async (t) => {
    const sql = new pg.Client(String(postgres));
    await sql.connect();
    const candidates = async () =>
      (await sql.query("SELECT to_jsonb(c) AS row FROM matching.candidates c ORDER BY member_id")).rows;
    const seeded = await candidates();
    t.equal(seeded.length, Number(people));
    await rebuild(String(nats), "matching", ["accounts", "profiles"]);
    t.same(await candidates(), seeded);
    const parked = await sql.query("SELECT cause FROM matching.parked");
    t.same(parked.rows, [], "and it finds no fault with the events");
    await sql.end();
  });

  await t.test("logs are JSON lines where nobody watches", async (t) => {
    t.same(first.notJson, []);
    const services = new Set(first.logged.map(({ service }) => service));
    for (const name of ["gateway", "auth", "profile", "matching", "chat", "billing"])
      t.ok(services.has(name), name);
  });

  await t.test("a service that dies is started again, and that is said", async (t) => {
    const before = first.pid("matching");
    process.kill(before, "SIGKILL");
    await first.says(/matching has ended \(SIGKILL\), starting it again in 0.5 s/);
    await first.says(/^matching is back$/);
    t.not(first.pid("matching"), before);
  });

  await t.test("so is a server, on its old port", async (t) => {
    const { redis } = await first.ready();
    process.kill(first.pid("redis"), "SIGKILL");
    await first.says(/^redis is back$/);
    const socket = connect(Number(new URL(String(redis)).port), "127.0.0.1");
    await once(socket, "connect");
    socket.destroy();
    t.pass("it listens");
  });

  await t.test("a second start on the same state is refused", async (t) => {
    const second = starter(t, state)();
    t.equal((await second.exited).code, 1);
    t.match(second.said.join("\n"), /already runs on/);
  });

  first.npm.kill("SIGTERM");
  await first.allGone();
  await first.exited;
  t.pass("nothing is left after ten seconds at most");
});

t.test("two copies run side by side, and however one of them ends, nothing is left", async (t) => {
  const one = temporaryFolder(t);
  const startOne = starter(t, one);
  let first = startOne();
  await first.ready();
  const second = starter(t, temporaryFolder(t))();
  const addresses = await second.ready();
  t.not(addresses["gateway"], (await first.ready())["gateway"]);

  process.kill(first.pid("launcher"), "SIGKILL");
  await first.exited;
  await first.allGone();
  t.pass("a killed launcher leaves nothing");
  t.equal((await fetch(`${addresses["gateway"]}/healthz`)).status, 200, "and the other copy alone");

  first = startOne();
  const started = Date.now();
  await first.ready();
  t.comment(`ready again after ${Date.now() - started} ms`);
  process.kill(Number(first.npm.pid), "SIGKILL");
  await first.allGone();
  t.pass("a killed npm leaves nothing");
});

t.test("what stands in the way is one sentence and exit code 1", async (t) => {
  const refused = async (t: Test, args: string[], sentence: RegExp) => {
    const launched = new Launched(args);
    t.equal((await launched.exited).code, 1);
    t.equal(launched.said.filter((line) => line.startsWith("    at ")).length, 0, "no stack");
    t.match(launched.said.join("\n"), sentence);
  };

  await t.test("a port that is taken", async (t) => {
    const server = createServer().listen(0, "127.0.0.1");
    t.teardown(() => server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    await refused(
      t,
      ["--state", temporaryFolder(t), "--port", String(port)],
      new RegExp(`Port ${port} is taken`),
    );
  });

  await t.test("an older state folder", async (t) => {
    const state = temporaryFolder(t);
    mkdirSync(join(state, "postgres"));
    await refused(t, ["--state", state, "--port", "0"], /is of format 0, .* run with --reset/);
  });

  await t.test("a state folder that can't be", async (t) => {
    const file = join(mkdtempSync(join(tmpdir(), "kismet-file-")), "file");
    writeFileSync(file, "");
    await refused(t, ["--state", join(file, "state"), "--port", "0"], /can't be written to/);
  });

  await t.test("options that make no sense", async (t) => {
    await refused(t, ["--people", "many"], /--people takes a whole number/);
    await refused(t, ["--colour"], /--colour/);
  });
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import t, { test } from "tap";

// Of a busy machine.
t.setTimeout(120_000);

type Line = { level: string; message: string; url?: string; err?: { message: string; stack: string } };

async function startProcess(env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [fileURLToPath(new URL("fixture-service.ts", import.meta.url))], {
    env: { KISMET_ENV: "test", KISMET_PORT: "0", KISMET_OPS_PORT: "0", KISMET_SHUTDOWN_MS: "4000", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: Line[] = [];
  const serving = Promise.withResolvers<string>();
  createInterface({ input: child.stdout }).on("line", (text) => {
    const line = JSON.parse(text) as Line;
    lines.push(line);
    if (line.message === "serving") serving.resolve(line.url ?? "");
  });
  const exited = once(child, "close").then(([code]) => code as number);
  const url = await Promise.race([serving.promise, exited.then(() => "")]);
  return { child, lines, exited, url };
}

for (const [kind, path] of [
  ["rejection", "/v1/reject"],
  ["exception", "/v1/throw"],
] as const) {
  test(`A01 an unhandled ${kind} is fatal, with its stack, after a drain`, async (t) => {
    const { url, lines, exited } = await startProcess();
    const inFlight = Array.from({ length: 10 }, () => fetch(`${url}/v1/slow`));
    const answers = await Promise.all([fetch(url + path), ...inFlight]);
    t.same(new Set(answers.map((answer) => answer.status)), new Set([200]), "what was begun is finished");
    t.equal(await exited, 1);
    const fatal = lines.find((line) => line.level === "fatal");
    t.match(fatal, { err: { message: `nobody caught this ${kind}`, stack: /fixture-service/ } });
    t.ok(lines.findIndex((line) => line.message === "pool closed") > lines.indexOf(fatal as Line));
  });
}

test("A01 a second one during the drain ends the process at once", async (t) => {
  const { url, lines, exited } = await startProcess();
  const cutOff = fetch(`${url}/v1/slow`).then(
    () => false,
    () => true,
  );
  await fetch(`${url}/v1/reject`);
  await fetch(`${url}/v1/throw`);
  t.equal(await exited, 1);
  t.ok(await cutOff);
  t.equal(lines.filter((line) => line.level === "fatal").length, 2);
  t.notOk(lines.some((line) => line.message === "pool closed"));
});

test("A29 SIGTERM drains and exits with 0", async (t) => {
  const { url, lines, child, exited } = await startProcess();
  const slow = fetch(`${url}/v1/slow`);
  await fetch(`${url}/v1/nothing`);
  child.kill("SIGTERM");
  t.equal((await slow).status, 200);
  t.equal(await exited, 0);
  t.ok(lines.some((line) => line.message === "pool closed"));
});

test("A28 a process with a faulty configuration says why and exits with 1", async (t) => {
  const { lines, exited } = await startProcess({ KISMET_PORT: "x", KISMET_PROT: "1" });
  t.equal(await exited, 1);
  t.match(lines.at(-1), {
    level: "fatal",
    err: { message: /KISMET_PORT must be integer\n.*KISMET_PROT is unknown/ },
  });
});

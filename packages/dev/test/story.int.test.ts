import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import t, { type Test } from "tap";
import { freePort } from "../src/infrastructure/ports.ts";

// That the story holds on a real system is what `npm run story` itself says, in every run of the tests. Here: that it
// does not say so of a system that is wrong.

const program = fileURLToPath(new URL("../src/story/story-main.ts", import.meta.url));

type Told = { code: number; output: string };

function tell(...args: string[]): Promise<Told> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
    );
  });
}

async function gatewayThat(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  t.teardown(() => server.close());
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const noMail = "http://127.0.0.1:9";

t.test("it ends at the first thing that is wrong, with what was expected and what came", async (t) => {
  let requests = 0;
  const gateway = await gatewayThat(t, (_request, response) => {
    requests += 1;
    response.writeHead(200, { "content-type": "application/json", "x-request-id": "of-the-test" });
    response.end('{"status":"welcome"}');
  });
  const { code, output } = await tell("--gateway", gateway, "--mail", noMail);
  t.equal(code, 1);
  t.match(output, /\d ms {2}Ada signs up and waits for a code: FAILED/, "the step and its latency");
  t.match(output, /expected {2}202 for POST \/v1\/auth\/signup/);
  t.match(output, /came {6}200 {"status":"welcome"} \(request of-the-test\)/);
  t.equal(requests, 1, "and asks nothing more");
});

t.test("A11 an answer without a request id is wrong as well", async (t) => {
  const gateway = await gatewayThat(t, (_request, response) => {
    response.writeHead(202, { "content-type": "application/json" });
    response.end('{"status":"verification_sent"}');
  });
  const { code, output } = await tell("--gateway", gateway, "--mail", noMail);
  t.equal(code, 1);
  t.match(output, /expected {2}an x-request-id/);
});

t.test("it waits as long as a rate limit says, a few times", async (t) => {
  let requests = 0;
  const gateway = await gatewayThat(t, (_request, response) => {
    requests += 1;
    response.writeHead(429, {
      "content-type": "application/problem+json",
      "x-request-id": "of-the-test",
      "retry-after": "1",
    });
    response.end('{"code":"RATE_LIMITED"}');
  });
  const { code, output } = await tell("--gateway", gateway, "--mail", noMail);
  t.equal(code, 1);
  t.match(output, /rate limited: waiting 1 s/);
  t.equal(requests, 4);
});

t.test("no answer at all is told as such", async (t) => {
  const { code, output } = await tell("--gateway", `http://127.0.0.1:${await freePort()}`, "--mail", noMail);
  t.equal(code, 1);
  t.match(output, /no answer: .*ECONNREFUSED/);
});

t.test("options: both addresses or none, and help", async (t) => {
  const half = await tell("--gateway", "http://127.0.0.1:1");
  t.equal(half.code, 1);
  t.match(half.output, /--gateway and --mail go together/);
  const help = await tell("--help");
  t.equal(help.code, 0);
  t.match(help.output, /Usage: npm run story/);
});

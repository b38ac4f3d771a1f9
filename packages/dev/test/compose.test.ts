import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { serviceNames } from "@kismet/contracts";
import { loadConfig } from "@kismet/service-kit";
import t from "tap";
import { serviceEnvironment } from "../src/service-environment.ts";
import { type ComposeService, readCompose } from "./read-compose.ts";

const root = new URL("../../../", import.meta.url);
const services = await readCompose(fileURLToPath(new URL("docker-compose.yml", root)));
const dockerfile = readFileSync(new URL("deploy/Dockerfile", root), "utf8");
const names = Object.keys(services);
const infrastructure = ["postgres", "nats", "redis", "mail"];

type ConfigSchema = Parameters<typeof loadConfig>[0];

/** By its place: a package can't depend on services. */
function configOf(name: string): string {
  return fileURLToPath(new URL(`services/${name}/src/config.ts`, root));
}

function service(name: string): ComposeService {
  const found = services[name];
  if (!found) throw new Error(`docker-compose.yml has no ${name} (CONTRIBUTING.md, "Add a seventh service")`);
  return found;
}

function environmentOf(name: string): Record<string, string> {
  const entries = Object.entries(service(name).environment ?? {});
  return Object.fromEntries(entries.flatMap(([key, value]) => (value === null ? [] : [[key, value]])));
}

/** Everything that must be up before this is started. */
function needed(name: string, path: string[] = []): Set<string> {
  if (path.includes(name)) throw new Error(`a circle: ${[...path, name].join(" -> ")}`);
  const direct = Object.keys(service(name).depends_on ?? {});
  return new Set(direct.flatMap((one) => [one, ...needed(one, [...path, name])]));
}

t.test(
  "the whole system is there: an image for each service, the servers, and what prepares them",
  async (t) => {
    t.same(names.toSorted(), [...serviceNames, ...infrastructure, "prepare"].toSorted());
    for (const name of serviceNames) {
      const { build } = service(name);
      t.equal(build?.dockerfile, "deploy/Dockerfile", name);
      t.equal(build?.args["DIRECTORY"], `services/${name}`, name);
    }
  },
);

t.test("A28 the environment of each service is what its configuration asks for", async (t) => {
  for (const name of serviceNames) {
    const { Config } = (await import(configOf(name))) as { Config: ConfigSchema };
    const environment = environmentOf(name);
    t.doesNotThrow(() => loadConfig(Config, environment), name);
    t.throws(() => loadConfig(Config, { ...environment, KISMET_ENV: "production" }), `${name} in production`);
  }
});

t.test("and the same as npm start gives it, but for what a container needs", async (t) => {
  const input = {
    env: "development" as const,
    port: 1,
    opsPort: 2,
    databaseUrl: "d",
    natsUrl: "n",
    redisUrl: "r",
    smtpUrl: "s",
    publicUrl: "http://127.0.0.1:3",
    urlOf: () => "u",
    secret: (name: string) => name,
  };
  for (const name of serviceNames) {
    const ours = Object.keys(environmentOf(name)).filter((key) => key !== "KISMET_TRUSTED_PROXIES");
    t.same(ours.toSorted(), Object.keys(serviceEnvironment(name, input)).toSorted(), name);
  }
});

t.test(
  "what a service is told to connect to is there, is waited for, and listens on that port",
  async (t) => {
    const ports: Record<string, string> = { postgres: "5432", nats: "4222", redis: "6379", mail: "1025" };
    for (const name of serviceNames) {
      for (const [variable, value] of Object.entries(environmentOf(name))) {
        const url = URL.parse(value);
        // What a browser opens is no peer.
        if (!url || ["127.0.0.1", "localhost"].includes(url.hostname)) continue;
        if (variable === "KISMET_TRUSTED_PROXIES") continue;
        t.ok(names.includes(url.hostname), `${name}: ${variable}`);
        t.equal(
          url.port,
          ports[url.hostname] ?? environmentOf(url.hostname)["KISMET_PORT"],
          `${name}: ${variable}`,
        );
        t.ok(needed(name).has(url.hostname), `${name} waits for ${url.hostname}`);
      }
    }
  },
);

t.test("A19 start order: everything is waited for until it is healthy, or done", async (t) => {
  for (const name of names) {
    for (const [other, { condition }] of Object.entries(service(name).depends_on ?? {})) {
      const expected = other === "prepare" ? "service_completed_successfully" : "service_healthy";
      t.equal(condition, expected, `${name} waits for ${other}`);
    }
  }
  t.ok(needed("matching").has("prepare"), "tables before services");
  for (const name of serviceNames) if (name !== "gateway") t.ok(needed("gateway").has(name), name);
});

t.test("A16 everything has a health check", async (t) => {
  t.match(dockerfile, /^HEALTHCHECK .*CMD \["node", "\/kismet\/deploy\/health-check\.mjs"\]$/m);
  for (const name of serviceNames)
    t.equal(service(name).healthcheck, undefined, `${name}: that of its image`);
  for (const name of infrastructure) t.equal(service(name).healthcheck?.test?.[0], "CMD", name);
});

t.test("nothing writes to its root file system, or keeps rights that it does not need", async (t) => {
  for (const name of names) t.equal(service(name).read_only, "true", name);
  for (const name of [...serviceNames, "mail", "prepare"]) {
    const { cap_drop, security_opt, tmpfs, user } = service(name);
    t.same([cap_drop, security_opt, tmpfs], [["ALL"], ["no-new-privileges:true"], ["/tmp"]], name);
    t.equal(user, undefined, `${name}: that of its image`);
  }
  t.match(dockerfile, /^USER 1000:1000$/m, "by number, and not root");
});

t.test("signals reach the service, and it has the time that it takes to stop", async (t) => {
  t.match(dockerfile, /^CMD \["node", /m, "no shell in between");
  for (const name of serviceNames) {
    const { Config } = (await import(configOf(name))) as { Config: ConfigSchema };
    const { shutdownMs } = loadConfig(Config, environmentOf(name));
    const graceMs = Number.parseInt(service(name).stop_grace_period ?? "10s", 10) * 1_000;
    t.ok(Number(shutdownMs) < graceMs, name);
  }
  t.notMatch(dockerfile, /# syntax=|RUN --mount/, "the classic builder can build it");
});

t.test("only the gateway and the page of mails can be reached, and only from this machine", async (t) => {
  const published = names.flatMap((name) => (service(name).ports ?? []).map((port) => [name, port]));
  t.same(published.toSorted(), [
    ["gateway", "127.0.0.1:8080:8000"],
    ["mail", "127.0.0.1:1080:1080"],
  ]);
});

import { readFileSync } from "node:fs";
import { type GatewayResult, type Route, routes } from "../sections/gateway.ts";
import { uploadBytes } from "../load/uploads.ts";
import { concurrency, pacedRate, type Plan } from "../sections/plan.ts";
import type { Profiles } from "../sections/profiles.ts";
import type { Loads, Rounds } from "../sections/rounds.ts";
import type { Uploads } from "../sections/uploads.ts";
import { cpuUs, type Figure, medianOf, number, p50, p99, perSecond, ratio, ratioOf } from "./numbers.ts";
import type { Profile } from "./read-profile.ts";
import { table } from "./table.ts";

export type Results = {
  machine: string[];
  date: string;
  seconds: number;
  plan: Plan;
  gateway: GatewayResult;
  uploads: Uploads[];
  messages: Rounds;
  swipes: Rounds;
  profiles?: Profiles;
};

const direct = "straight to Postgres";
const bare = "@fastify/http-proxy";
const relay = "relay that stores nothing";

export function writeReport(results: Results): string {
  const { machine, date, seconds, plan, profiles } = results;
  const parts = [
    "# Benchmarks",
    "Written by `npm run bench`, which measures everything in this file anew; the reading at its end is by hand, in " +
      "`bench/reading.md`. There are no thresholds: absolute numbers hold for one machine at one time, so look at the " +
      "ratios, of things that were measured next to each other in one run.",
    [`- ${date}, ${number(seconds)} s`, ...machine.map((line) => `- ${line}`)].join("\n"),
    `${plan.rounds === 1 ? "One round" : `Medians of ${plan.rounds} rounds`}, in which all that is compared takes its ` +
      "turn, every other time in reverse order. A ratio is the median of the rounds' own ratios, with the smallest and " +
      "the largest. Clients, services and servers share the machine; each load is a process of its own. Saturated: " +
      `${concurrency} operations are always under way. Paced: ${pacedRate} a second over ${concurrency} connections, ` +
      "for latencies without a queue. CPU is user and system time of the named processes, from `/proc`.",
    ...gatewayPart(results.gateway),
    ...uploadsPart(results.uploads, plan.uploads),
    ...swipesPart(results.swipes),
    ...messagesPart(results.messages),
  ];
  if (profiles) {
    const cpu = medianOf(results.gateway.rounds.member.saturated.get("gateway") ?? [], cpuUs("proxy"));
    parts.push(...policiesPart(profiles.gateway, cpu), ...profilesPart(profiles));
  }
  parts.push(readFileSync(new URL("../reading.md", import.meta.url), "utf8").trim());
  return `${parts.join("\n\n")}\n`;
}

type Column = [title: string, figure: Figure, digits: number];

function figures(
  rounds: Map<string, Parameters<typeof medianOf>[0]>,
  first: string,
  columns: Column[],
): string {
  const rows = [...rounds].map(([name, results]) => [
    name,
    ...columns.map(([, figure, digits]) => number(medianOf(results, figure), digits)),
  ]);
  return table([first, ...columns.map(([title]) => title)], rows);
}

function compare(rounds: Rounds, load: Loads, one: string, other: string, figure: Figure): string {
  return ratio(ratioOf(rounds[load].get(one) ?? [], rounds[load].get(other) ?? [], figure));
}

function gatewayPart({ rounds, contestants }: GatewayResult): string[] {
  const columns: Column[] = [
    ["requests/s", perSecond, 0],
    ["CPU µs/request", cpuUs("proxy"), 0],
    ["p50 ms", p50, 2],
    ["p99 ms", p99, 2],
  ];
  const peers = contestants.slice(1);
  const comparison = (Object.keys(routes) as Route[]).flatMap((route) =>
    peers.map((peer) => [
      `${route}, gateway : ${peer}`,
      compare(rounds[route], "saturated", "gateway", peer, cpuUs("proxy")),
      compare(rounds[route], "paced", "gateway", peer, cpuUs("proxy")),
      compare(rounds[route], "paced", "gateway", peer, p50),
      compare(rounds[route], "paced", "gateway", peer, p99),
    ]),
  );
  return [
    "## Gateway",
    "The gateway as in production, with every policy on: origin and CORS, limits by address and member in Redis (too " +
      "high to refuse), token and live session (member route), route policy, request id and trace, deadline, security " +
      `headers, load shedding, breaker, access log of every request, metrics, traces of a hundredth. Beside it a bare \`${bare}\`` +
      (contestants.includes("nginx") ? ", and nginx with one worker and an access log" : "") +
      ". All forward the same requests to the same small JSON answer of a bare Node server.",
    table(["", "CPU, saturated", "CPU, paced", "p50, paced", "p99, paced"], comparison),
    ...(Object.keys(routes) as Route[]).flatMap((route) => [
      `${route === "public" ? "Public" : "Member"} route, \`GET ${routes[route]}\`, saturated and paced:`,
      figures(rounds[route].saturated, "saturated", columns),
      figures(rounds[route].paced, "paced", columns),
    ]),
  ];
}

function uploadsPart(uploads: Uploads[], count: number): string[] {
  const megabytes = (bytes: number) => number(bytes / 1_024 / 1_024, 1);
  const rows = uploads.map(({ name, idle, most, seconds }) => [
    name,
    megabytes(idle),
    megabytes(most),
    number((most - idle) / count / 1_024),
    number(seconds, 1),
  ]);
  return [
    "### Memory",
    `Resident memory of the process: when it has started and nothing is asked of it, and the most while ${count} bodies of ` +
      `${number(uploadBytes / 1_024 / 1_024)} MiB pass through at the same time, all of which must arrive.`,
    table(["", "idle, MiB", "most, MiB", "more for each upload, KiB", "seconds"], rows),
  ];
}

/** What the service's processes and the script itself use; the client of a service is nobody's cost. */
function workers(rounds: Rounds, service: string[]): Figure {
  return (result) => {
    const isScript = Object.values(rounds).some((each) => each.get(direct)?.includes(result));
    return cpuUs(...(isScript ? ["client"] : service))(result);
  };
}

function swipesPart(rounds: Rounds): string[] {
  const columns: Column[] = [
    ["likes/s", perSecond, 0],
    ["p50 ms", p50, 2],
    ["p99 ms", p99, 2],
    ["CPU µs/like, program", workers(rounds, ["service"]), 0],
    ["Postgres", cpuUs("postgres"), 0],
    ["NATS", cpuUs("nats"), 0],
  ];
  return [
    "## Swipes",
    "Couples like each other, every second like makes a match. One matching service over HTTP with a token (schema, " +
      "quota, blocks, visibility, idempotence, outbox; the relay carries each match to JetStream meanwhile), beside a " +
      "script that writes the same rows straight to Postgres (two locks, one statement, the commit), asks nothing and " +
      "publishes nothing.",
    table(
      ["", "likes/s, saturated", "Postgres CPU, saturated", "p50, paced", "p99, paced"],
      [
        [
          `matching : ${direct}`,
          compare(rounds, "saturated", "matching", direct, perSecond),
          compare(rounds, "saturated", "matching", direct, cpuUs("postgres")),
          compare(rounds, "paced", "matching", direct, p50),
          compare(rounds, "paced", "matching", direct, p99),
        ],
      ],
    ),
    figures(rounds.saturated, "saturated", columns),
    figures(rounds.paced, "paced", columns),
  ];
}

function messagesPart(rounds: Rounds): string[] {
  const columns: Column[] = [
    ["messages/s", perSecond, 0],
    ["p50 ms", p50, 2],
    ["p99 ms", p99, 2],
    ["CPU µs/message, program", workers(rounds, ["service 1", "service 2"]), 0],
    ["Postgres", cpuUs("postgres"), 0],
    ["NATS", cpuUs("nats"), 0],
  ];
  return [
    "## Messages",
    "From a socket at one chat instance to the partner's socket at another, and the acknowledgement back: latency ends " +
      "when both are there. Beside it a relay of two processes with the same sockets, frames and NATS that stores " +
      "nothing, checks nothing and tells only the partner; and a script that writes the row of the message, with its " +
      "place in the conversation, straight to Postgres, and delivers nothing.",
    table(
      ["", "messages/s, saturated", "p50, paced", "p99, paced"],
      [relay, direct].map((peer) => [
        `chat : ${peer}`,
        compare(rounds, "saturated", "chat", peer, perSecond),
        compare(rounds, "paced", "chat", peer, p50),
        compare(rounds, "paced", "chat", peer, p99),
      ]),
    ),
    figures(rounds.saturated, "saturated", columns),
    figures(rounds.paced, "paced", columns),
  ];
}

function policiesPart({ policies }: Profile, cpuOfRequest: number | null): string[] {
  const rows = policies.map(([name, share]) => [
    name,
    `${number(share * 100, 1)} %`,
    number(cpuOfRequest === null ? null : cpuOfRequest * share, 0),
  ]);
  return [
    "## What each policy costs",
    "Of a request to the member route, saturated: a profile's samples by what the innermost frame that belongs to a " +
      "policy is there for, as shares of the CPU above.",
    table(["", "share", "µs/request"], rows),
  ];
}

const listedGroups = 14;
const listedFunctions = 12;

function profilesPart({ gateway, matching }: Profiles): string[] {
  return [
    "## Profiles",
    "`--cpu-prof` of the two processes while saturated: self time by package, and the functions that have most of it.",
    ...profilePart("gateway, member route", gateway),
    ...profilePart("matching", matching),
  ];
}

function profilePart(name: string, { groups, functions }: Profile): string[] {
  const percent = ([label, share]: [string, number]) => [label, `${number(share * 100, 1)} %`];
  return [
    table([name, "share"], groups.slice(0, listedGroups).map(percent)),
    table([`${name}, functions`, "share"], functions.slice(0, listedFunctions).map(percent)),
  ];
}

import { readFileSync } from "node:fs";
import { policyOf } from "./policies.ts";

type Node = {
  id: number;
  children?: number[];
  callFrame: { functionName: string; url: string; lineNumber: number };
};
type CpuProfile = { nodes: Node[]; startTime: number; samples: number[]; timeDeltas: number[] };

/** Shares of the time in which the process did something, the largest first. */
export type Profile = Record<"groups" | "functions" | "policies", [name: string, share: number][]>;

/** Where a process spent its time while the load was on; start and end are left out. */
export function readProfile(file: string, window: { fromUs: number; toUs: number }): Profile {
  const { nodes, startTime, samples, timeDeltas } = JSON.parse(readFileSync(file, "utf8")) as CpuProfile;
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const groups = new Map<string, number>();
  const functions = new Map<string, number>();
  const policies = new Map<string, number>();
  const policyAt = policiesOf(nodes);
  let at = startTime;
  let busy = 0;
  for (const [i, id] of samples.entries()) {
    at += timeDeltas[i] ?? 0;
    const frame = frames.get(id);
    // A sample tells what runs until the next one.
    const duration = timeDeltas[i + 1] ?? 0;
    if (!frame || at < window.fromUs || at > window.toUs || frame.functionName === "(idle)") continue;
    busy += duration;
    const group = groupOf(frame);
    const name = `\`${frame.functionName || "(anonymous)"}\` of ${group}`;
    const policy = frame.functionName === "(garbage collector)" ? group : (policyAt.get(id) ?? "");
    policies.set(policy, (policies.get(policy) ?? 0) + duration);
    groups.set(group, (groups.get(group) ?? 0) + duration);
    functions.set(name, (functions.get(name) ?? 0) + duration);
  }
  return {
    groups: shares(groups, busy),
    functions: shares(functions, busy),
    policies: shares(policies, busy),
  };
}

/** Of each node of the tree of calls. */
function policiesOf(nodes: Node[]): Map<number, string> {
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const urls = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.url]));
  function* outwards(id: number): Generator<string> {
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) yield urls.get(at) ?? "";
  }
  return new Map(nodes.map(({ id }) => [id, policyOf(outwards(id))]));
}

function shares(times: Map<string, number>, busy: number): [string, number][] {
  return [...times]
    .map(([name, time]): [string, number] => [name, time / busy])
    .sort(([, a], [, b]) => b - a);
}

function groupOf({ functionName, url }: Node["callFrame"]): string {
  if (functionName === "(garbage collector)") return "garbage collection";
  if (functionName === "(program)") return "native code and system calls";
  const module = url.split("/node_modules/").at(-1);
  if (module !== undefined && module !== url) {
    return module
      .split("/")
      .slice(0, module.startsWith("@") ? 2 : 1)
      .join("/");
  }
  const own = /\/((?:services|packages)\/[\w-]+)\/src\//.exec(url)?.[1];
  if (own) return own.replace("packages/", "@kismet/");
  if (url.startsWith("node:")) return `Node's ${nodeModule(url)}`;
  return url === "" ? "native functions that JavaScript calls" : url;
}

/** `node:_http_outgoing` is of http, `node:internal/streams/readable` of streams. */
function nodeModule(url: string): string {
  const name = url.replace(/^node:(internal\/)?(deps\/)?_?/, "").split(/[/_]/)[0] ?? url;
  return name === "stream" ? "streams" : name;
}

/** `npm run ops -- --help`: what operators ask of the bus. The only program of this package. */
import { existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  type CanarySplit,
  type DomainService,
  domainServices,
  ListCanaries,
  type ServiceName,
  serviceNames,
  SetCanary,
} from "@kismet/contracts";
import { createParts, PublicError, withTimeout } from "@kismet/service-kit";
import { Svcm } from "@nats-io/services";
import { Nats } from "./connection.ts";
import { listDeadLetters, readRebuild, rebuildProjection, replayDeadLetters } from "./ops-contracts.ts";
import { Requests } from "./requests.ts";
import { eventsStream, streamInfo } from "./streams.ts";

const help = `Asks the services of a running Kismet.

Usage: npm run ops -- <command> [options]

  services                                  the instances that answer, and what they can be asked
  events                                    the events in the stream, and how far each consumer has come
  dead-letters list <service> [consumer]    events that could not be processed, and those that wait behind them
  dead-letters replay <service> [consumer]  tries them again, oldest first; without a consumer, those of all
  rebuild <service> <consumer>              empties a projection, fills it again from the outbox, and waits for the end

  canary list                               how the gateways split traffic between a service and its canary
  canary set <service> <weight>             so many of a hundred members at the canary; 0 is a rollback

  --state <folder>  of the npm start that is asked (.kismet)
  --help            this text

KISMET_DEV_NATS_URL=nats://user:password@host:port asks another system than the one that npm start runs.
`;

const connectTimeoutMs = 5_000;
const progressEveryMs = 500;
/** Of one after whose answer no more is expected: services answer a broadcast within this. */
const broadcastMs = 1_000;
/** One replay takes what it has time for; asked so often, it has taken all that there can be. */
const maxReplays = 100;

/** What the operator can mend: told without a stack. */
class UsageError extends Error {}

type Ops = { nats: Nats; requests: Requests };

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(`${tell(error)}\n`);
}
process.exit();

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parse(args);
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const command = commandOf(positionals);
  const ops = await connect(natsUrl(resolve(values.state)));
  try {
    return await command(ops);
  } finally {
    await ops.nats.stop();
  }
}

function parse(args: string[]) {
  const defaultState = fileURLToPath(new URL("../../../.kismet", import.meta.url));
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        state: { type: "string", default: defaultState },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function commandOf(words: string[]): (ops: Ops) => Promise<number> {
  const [command = "", ...rest] = words;
  if (command === "services" && rest.length === 0) return services;
  if (command === "events" && rest.length === 0) return events;
  if (command === "rebuild" && rest.length === 2) {
    const [service, consumer] = [serviceNamed(rest[0]), rest[1] as string];
    return (ops) => rebuild(ops, service, consumer);
  }
  if (command === "canary" && rest[0] === "list" && rest.length === 1) return canaries;
  if (command === "canary" && rest[0] === "set" && rest.length === 3) {
    const [service, weight] = [domainServiceNamed(rest[1]), weightOf(rest[2])];
    return (ops) => setCanary(ops, service, weight);
  }
  if (command === "dead-letters" && (rest.length === 2 || rest.length === 3)) {
    const service = serviceNamed(rest[1]);
    if (rest[0] === "list") return (ops) => list(ops, service, rest[2]);
    if (rest[0] === "replay") return (ops) => replay(ops, service, rest[2]);
  }
  throw new UsageError(words.length === 0 ? "What is to be done?" : `"${words.join(" ")}" is no command.`);
}

function serviceNamed(word = ""): ServiceName {
  const found = serviceNames.find((name) => name === word);
  if (!found) throw new UsageError(`"${word}" is no service: there are ${serviceNames.join(", ")}.`);
  return found;
}

function domainServiceNamed(word = ""): DomainService {
  const found = domainServices.find((name) => name === word);
  if (!found) throw new UsageError(`"${word}" has no canary: ${domainServices.join(", ")} may have.`);
  return found;
}

function weightOf(word = ""): number {
  if (!/^\d{1,3}$/.test(word) || Number(word) > 100)
    throw new UsageError(`"${word}" is no weight from 0 to 100.`);
  return Number(word);
}

function natsUrl(state: string): string {
  const url = process.env["KISMET_DEV_NATS_URL"];
  if (url) return url;
  const file = join(state, "addresses.json");
  if (!existsSync(file)) {
    throw new UsageError(`No npm start runs on ${state}: start it, or set KISMET_DEV_NATS_URL.`);
  }
  return (JSON.parse(readFileSync(file, "utf8")) as { nats: string }).nats;
}

async function connect(url: string): Promise<Ops> {
  // It asks in the name of the edge: it has no contracts, tables or listeners of its own.
  const parts = createParts("gateway", {
    natsUrl: url,
    natsReplicas: 1,
    instanceId: `ops-${process.pid}`,
    logLevel: "silent",
    shutdownMs: connectTimeoutMs,
  });
  const nats = new Nats(parts);
  try {
    await withTimeout(nats.start(), connectTimeoutMs, "connecting");
  } catch {
    throw new UsageError(`NATS does not answer at ${new URL(url).host}, or refuses the password.`);
  }
  return { nats, requests: new Requests(parts, nats) };
}

async function services({ nats }: Ops): Promise<number> {
  const connection = nats.connection as unknown as ConstructorParameters<typeof Svcm>[0];
  const found = await new Svcm(connection).client({ maxWait: broadcastMs, strategy: "stall" }).info();
  const instances = [];
  for await (const info of found) instances.push(info);
  if (instances.length === 0) print("No service answers.");
  for (const { name, id, version, endpoints } of instances.sort((a, b) => a.name.localeCompare(b.name))) {
    print(`${name} ${version} (${id})`);
    for (const { subject } of endpoints) print(`  ${subject}`);
  }
  return instances.length === 0 ? 1 : 0;
}

async function events({ nats }: Ops): Promise<number> {
  const { manager } = nats;
  if (!(await streamInfo(manager, eventsStream))) {
    print("There is no stream of events yet.");
    return 0;
  }
  const { state } = await manager.streams.info(eventsStream, { subjects_filter: ">" });
  print(`${state.messages} events in the stream, ${state.bytes} bytes`);
  for (const [subject, count] of Object.entries(state.subjects ?? {}).sort())
    print(`  ${String(count).padStart(8)}  ${subject}`);
  print("consumers");
  for await (const { name, num_pending, num_ack_pending } of manager.consumers.list(eventsStream))
    print(`  ${String(num_pending + num_ack_pending).padStart(8)}  to come for ${name}`);
  return 0;
}

async function list({ requests }: Ops, service: ServiceName, consumer: string | undefined): Promise<number> {
  const { items } = await requests.request(
    listDeadLetters(service),
    consumer === undefined ? {} : { consumer },
  );
  if (items.length === 0) print("There are no dead letters.");
  for (const { consumer, eventId, subject, aggregateId, cause, parkedAt } of items)
    print(`${parkedAt}  ${consumer}  ${subject}  ${aggregateId}  ${eventId}\n  ${cause}`);
  return 0;
}

async function replay(ops: Ops, service: ServiceName, consumer: string | undefined): Promise<number> {
  const { items } = await ops.requests.request(listDeadLetters(service), {});
  const consumers = consumer === undefined ? [...new Set(items.map((item) => item.consumer))] : [consumer];
  if (consumers.length === 0) print("There are no dead letters.");
  let failures = 0;
  for (const name of consumers) failures += await replayOf(ops, service, name);
  return failures === 0 ? 0 : 1;
}

async function replayOf({ requests }: Ops, service: ServiceName, consumer: string): Promise<number> {
  let total = 0;
  for (let round = 0; round < maxReplays; round += 1) {
    const { replayed, failed, causes } = await requests.request(replayDeadLetters(service), { consumer });
    total += replayed;
    if (replayed > 0 && failed === 0) continue;
    print(`${consumer}: ${total} replayed, ${failed} failed again`);
    for (const cause of causes) print(`  ${cause}`);
    return failed;
  }
  throw new UsageError(`${consumer}: ${total} replayed, and there are more: ask again.`);
}

async function rebuild({ requests }: Ops, service: ServiceName, consumer: string): Promise<number> {
  const { requestedAt } = await requests.request(rebuildProjection(service), { consumer });
  for (let shown = -1; ;) {
    const progress = await requests.request(readRebuild(service), { consumer });
    if (progress.requestedAt !== requestedAt) throw new UsageError("Somebody else has asked for it anew.");
    if (progress.finishedAt !== null) {
      print(`rebuilt from ${progress.handled} events`);
      return 0;
    }
    if (progress.afterId !== shown) print(`read up to ${progress.afterId} of ${progress.uptoId}`);
    shown = progress.afterId;
    await delay(progressEveryMs);
  }
}

async function canaries({ requests }: Ops): Promise<number> {
  const { splits } = await requests.request(ListCanaries, {});
  if (splits.length === 0) print("No split was ever set.");
  for (const split of splits) printSplit(split);
  return 0;
}

async function setCanary({ requests }: Ops, service: DomainService, weight: number): Promise<number> {
  const by = `operator ${userInfo().username}`;
  printSplit(await requests.request(SetCanary, { service, weight, by }));
  return 0;
}

function printSplit({ service, weight, changedAt, changedBy, reason }: CanarySplit): void {
  print(
    `${service.padEnd(10)} ${String(weight).padStart(3)} %  ${changedAt}  ${changedBy}${reason ? `  ${reason}` : ""}`,
  );
}

function tell(error: unknown): string {
  if (error instanceof UsageError) return `${error.message} See npm run ops -- --help.`;
  if (error instanceof PublicError) return `${error.code}: ${error.detail}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

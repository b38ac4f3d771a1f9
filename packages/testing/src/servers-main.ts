/** Runs the servers that test files share until it is told to end, or until whoever started it has gone. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { startContainerServers } from "./container-servers.ts";
import { startEmbeddedServers } from "./embedded-servers.ts";
import { serversFile } from "./test-servers.ts";

const inContainers = process.env["KISMET_TEST_BACKEND"] === "containers";
const { servers, stop } = await (inContainers ? startContainerServers() : startEmbeddedServers());
// Renamed into place: a reader never finds half of it.
mkdirSync(dirname(serversFile), { recursive: true });
writeFileSync(`${serversFile}.draft`, JSON.stringify(servers));
renameSync(`${serversFile}.draft`, serversFile);
console.log("ready");

let isEnding = false;
async function end(): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  rmSync(serversFile, { force: true });
  await stop();
  process.exit(0);
}
process.on("SIGTERM", () => void end());
process.on("SIGINT", () => void end());
process.on("disconnect", () => void end());

/** An instance in a process of its own, which says on its output when it leads and when it no longer does. */
import { holdLeadership } from "../src/index.ts";
import { createInstance } from "./world/instance.ts";

const [databaseUrl = "", name = ""] = process.argv.slice(2);
const { parts, database } = createInstance(databaseUrl);
const say = (word: string) => void process.stdout.write(`${word}\n`);

holdLeadership(parts, database, name, { gained: () => say("gained"), lost: () => say("lost") });
await parts.lifecycle.start();
say("started");
process.once("SIGTERM", () => void parts.lifecycle.stop());

/** Migrates a schema when its input ends, so that several can begin at the same moment. */
import { once } from "node:events";
import { migrate } from "../src/migrate.ts";

const [url = "", schemaName = "", migrationsFolder = ""] = process.argv.slice(2);
process.stdout.write("ready\n");
process.stdin.resume();
await once(process.stdin, "end");
await migrate({ url, schemaName, migrationsFolder });

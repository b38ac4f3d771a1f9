/** `npm run admin`: gives the administration of auth the environment of the system that `npm start` runs. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { databaseUrl } from "../launcher/prepare-databases.ts";
import { readRunning } from "../launcher/state-folder.ts";
import { serviceEnvironment } from "../service-environment.ts";

const home = fileURLToPath(new URL("../../../../services/auth", import.meta.url));
const words = process.argv.slice(2);
const at = words.indexOf("--state");
const given = at === -1 ? [] : words.splice(at, 2);
const state = resolve(given[1] ?? fileURLToPath(new URL("../../../../.kismet", import.meta.url)));
const asksForHelp = words.length === 0 || words[0] === "help" || words.includes("--help");

const environment = process.env["KISMET_DATABASE_URL"] || asksForHelp ? {} : environmentOf(state);
if (environment === undefined) {
  process.stderr.write(
    `No npm start runs on ${state}: start it, or give auth's environment (KISMET_DATABASE_URL ...).\n`,
  );
  process.exit(1);
}
const { status } = spawnSync(process.execPath, ["src/admin/admin-main.ts", ...words], {
  cwd: home,
  env: { ...process.env, ...environment },
  stdio: "inherit",
});
process.exit(status ?? 1);

/** As the launcher gives it to auth; undefined if nothing runs. */
function environmentOf(folder: string): Record<string, string> | undefined {
  const running = readRunning(folder);
  if (!running?.["postgres"]) return undefined;
  const secrets = JSON.parse(readFileSync(join(folder, "secrets.json"), "utf8")) as Record<string, string>;
  const secret = (name: string) => secrets[name] ?? "";
  return serviceEnvironment("auth", {
    env: "development",
    port: 0,
    opsPort: 0,
    databaseUrl: databaseUrl(running["postgres"], "auth", secret("database-auth")),
    natsUrl: running["nats"] ?? "",
    redisUrl: running["redis"] ?? "",
    smtpUrl: "smtp://127.0.0.1:25",
    publicUrl: running["gateway"] ?? "http://127.0.0.1:8080",
    urlOf: () => "http://127.0.0.1",
    secret,
  });
}

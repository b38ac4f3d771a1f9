/**
 * For the image: takes the dependencies that were copied with the checkout if they are complete and for this platform
 * (so that an image can be built where no registry can be reached), and installs them otherwise.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";

const installed = "node_modules/.modules.yaml";
const native = `@node-rs+argon2-${process.platform}-${process.arch}`;

const isComplete = existsSync(installed);
const isForThisPlatform = () => readdirSync("node_modules/.pnpm").some((name) => name.startsWith(native));

if (!isComplete || !isForThisPlatform()) {
  const pnpm = ["-y", "pnpm@12.21.0", "install", "--frozen-lockfile", "--prod"];
  execFileSync("npx", pnpm, { stdio: "inherit", env: { ...process.env, CI: "true" } });
}

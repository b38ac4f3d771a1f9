/**
 * For the image: takes the dependencies that were copied with the checkout if they are complete and for this platform
 * (so that an image can be built where no registry can be reached), and installs them otherwise. Either way it ends
 * without what only a laptop needs, and without a package manager's caches.
 */
import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const isComplete = () => existsSync("node_modules/.modules.yaml");
const native = `@node-rs+argon2-${process.platform}-${process.arch}`;
const isForThisPlatform = () => readdirSync("node_modules/.pnpm").some((name) => name.startsWith(native));

if (!isComplete() || !isForThisPlatform()) {
  install();
  removeWhatIsIgnored();
}

function install() {
  const home = mkdtempSync(join(tmpdir(), "install-"));
  const pnpm = ["-y", "pnpm@12.21.0", "install", "--frozen-lockfile", "--prod"];
  // Caches and the store go to the home folder, and with it.
  execFileSync("npx", pnpm, { stdio: "inherit", env: { ...process.env, HOME: home, CI: "true" } });
  rmSync(home, { recursive: true, force: true });
}

/** The packages that a checkout's own would not have brought along either. */
function removeWhatIsIgnored() {
  const patterns = readFileSync(".dockerignore", "utf8")
    .split("\n")
    .filter((line) => line.startsWith("node_modules/"));
  for (const path of globSync(patterns)) rmSync(path, { recursive: true, force: true });
}

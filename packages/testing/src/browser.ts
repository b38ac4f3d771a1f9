/**
 * A real browser for tests of pages; apart from the rest of the package, since loading it takes a while.
 *
 * `openBrowser(t)` starts one for a test file and ends it with the file; `browser.createBrowserContext()` gives a test its
 * own cookies and storage. `addAuthenticator(page)` puts a virtual passkey device into a page.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, launch } from "puppeteer-core";
import { findChromium } from "./chromium.ts";
import type { Teardown } from "./world.ts";

export { noBrowser } from "./chromium.ts";
export { addAuthenticator, type VirtualAuthenticator } from "./virtual-authenticator.ts";
export type { Browser, BrowserContext, Page } from "puppeteer-core";

const startTimeoutMs = 60_000;

/** What an address, a certificate or a service of Google's might be asked for is left out: tests run offline. */
const flags = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-dev-shm-usage",
  "--disable-gpu",
  "--font-render-hinting=none",
  "--no-first-run",
  "--no-pings",
  // Chromium refuses to be sandboxed by root, and containers often allow no user namespaces.
  "--no-sandbox",
  "--no-zygote",
];

export async function openBrowser(t: Teardown): Promise<Browser> {
  const { path, env } = await findChromium();
  const userDataDir = mkdtempSync(join(tmpdir(), "kismet-browser-"));
  const browser = await launch({
    executablePath: path,
    headless: "shell",
    args: flags,
    userDataDir,
    env: { ...process.env, ...env },
    timeout: startTimeoutMs,
  });
  const child = browser.process();
  // Where no teardown is reached it ends with this process all the same.
  const kill = () => void child?.kill("SIGKILL");
  process.once("exit", kill);
  t.teardown(async () => {
    await browser.close();
    process.off("exit", kill);
    rmSync(userDataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });
  return browser;
}

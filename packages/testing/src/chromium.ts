import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** A program that speaks Chrome's protocol, and what it needs to be found. */
export type Chromium = { path: string; env: Record<string, string> };

const own = process.env["KISMET_TEST_CHROME"];

/** Why no browser can be started here, or false: for the `skip` of a test. */
export const noBrowser: string | false =
  own !== undefined || (process.platform === "linux" && process.arch === "x64")
    ? false
    : "the packaged Chromium runs on Linux x64: name another one by KISMET_TEST_CHROME";

const packageFolder = fileURLToPath(new URL("../", import.meta.resolve("@sparticuz/chromium")));
const cacheFolder = fileURLToPath(new URL("../../../.kismet/tools", import.meta.url));
const unpackTimeoutMs = 120_000;

/** The packaged Chromium, unpacked once for this checkout, or the one that `KISMET_TEST_CHROME` names. */
export async function findChromium(): Promise<Chromium> {
  if (own !== undefined) return { path: own, env: {} };
  if (noBrowser) throw new Error(noBrowser);
  const { version } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as {
    version: string;
  };
  const folder = join(cacheFolder, `chromium-${version}`);
  if (!existsSync(folder)) await unpack(folder);
  return { path: join(folder, "chromium"), env: { FONTCONFIG_FILE: nameFonts(folder) } };
}

/**
 * The package's own list names folders that are there in its cloud only. Without any font text has no size: nothing can
 * stick out of a page, and of what is typed the last letter is left. What Latin letters don't cover is the machine's.
 */
function nameFonts(folder: string): string {
  const list = join(folder, "fonts.conf");
  const folders = [join(folder, "fonts"), "/usr/share/fonts", "/usr/local/share/fonts"];
  const draft = `${list}.${process.pid}`;
  writeFileSync(
    draft,
    `<?xml version="1.0"?>
<fontconfig>
${folders.map((each) => `<dir>${each}</dir>`).join("\n")}
<cachedir>${join(folder, "font-cache")}</cachedir>
</fontconfig>
`,
  );
  renameSync(draft, list);
  return list;
}

/**
 * The package unpacks into the folder of temporary files, in place: a second test file would start half a program. So
 * each unpacks into a folder of its own, and the first to be done gives it its name.
 */
async function unpack(folder: string): Promise<void> {
  mkdirSync(cacheFolder, { recursive: true });
  const draft = mkdtempSync(join(cacheFolder, "chromium-draft-"));
  try {
    await promisify(execFile)(
      process.execPath,
      [
        "--input-type=module",
        "--eval",
        'const { default: chromium } = await import("@sparticuz/chromium"); await chromium.executablePath();',
      ],
      { cwd: import.meta.dirname, env: { ...process.env, TMPDIR: draft }, timeout: unpackTimeoutMs },
    );
    if (!existsSync(folder)) renameSync(draft, folder);
  } catch (error) {
    // Somebody else was first.
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

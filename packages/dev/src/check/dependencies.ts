import { readFileSync } from "node:fs";
import { root } from "./run-command.ts";
import { sourceFiles } from "./source-files.ts";

type Manifest = Partial<
  Record<"dependencies" | "devDependencies" | "optionalDependencies", Record<string, string>>
>;

/** `tolerated` says why a lower version of a package does no harm where it is used. */
type Floors = { floors: Record<string, string>; tolerated: Record<string, string> };

/** Every version is exact, and none is below the lowest that is known to be safe. */
export function checkDependencies(): string[] {
  const { floors, tolerated } = JSON.parse(
    readFileSync(`${root}/packages/dev/src/check/floors.json`, "utf8"),
  ) as Floors;
  const lockfile = readFileSync(`${root}/pnpm-lock.yaml`, "utf8");
  return [
    ...belowFloor(lockfile, floors, tolerated),
    ...manifests().flatMap(([path, manifest]) => notExact(path, manifest)),
  ];
}

/** Of all versions in the lockfile, indirect ones included. */
export function belowFloor(
  lockfile: string,
  floors: Record<string, string>,
  tolerated: Record<string, string> = {},
): string[] {
  const locked = [...lockfile.matchAll(/^ {2}'?((?:@[\w.-]+\/)?[\w.-]+)@(\d+\.\d+\.\d+[\w.-]*)'?:$/gm)];
  if (locked.length < 100) throw new Error("the lockfile could not be read");
  const faults: string[] = [];
  for (const [, name = "", version = ""] of locked) {
    const floor = floors[name];
    if (floor && !(`${name}@${version}` in tolerated) && compare(version, floor) < 0)
      faults.push(`${name} ${version} is below ${floor}`);
  }
  for (const name of Object.keys(floors))
    if (!locked.some(([, other]) => other === name)) faults.push(`${name} has a floor, but is not used`);
  return [...new Set(faults)];
}

function manifests(): [path: string, Manifest][] {
  return sourceFiles()
    .filter((path) => /(^|\/)package\.json$/.test(path))
    .map((path) => [path, JSON.parse(readFileSync(`${root}/${path}`, "utf8")) as Manifest]);
}

export function notExact(path: string, manifest: Manifest): string[] {
  const kinds = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies];
  return kinds
    .flatMap((kind) => Object.entries(kind ?? {}))
    .filter(([, version]) => !/^(\d+\.\d+\.\d+(-[\w.]+)?|workspace:\*)$/.test(version))
    .map(([name, version]) => `${path}: ${name} ${version} is not exact`);
}

function compare(a: string, b: string): number {
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < 3; i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function numbers(version: string): number[] {
  return (version.split("-")[0] ?? "").split(".").map(Number);
}

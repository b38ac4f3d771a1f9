import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../check/run-command.ts";
import { sourceFiles } from "../check/source-files.ts";

/** What the documents say of the sources is so, and the other way round. */
export function checkDocuments(): string[] {
  return [...errorFaults(), ...dependencyFaults(), ...deadLinks()];
}

/** Codes with their statuses, both ways. */
function errorFaults(): string[] {
  const thrown = new Set(
    sources().flatMap((path) =>
      [...read(path).matchAll(/(?:super|new PublicError)\(\s*"([A-Z][A-Z_]+)",\s*(\d{3})\b/g)].map(
        ([, code = "", status = ""]) => `${code} ${status}`,
      ),
    ),
  );
  const told = new Set(
    [...read("docs/errors.md").matchAll(/^\| `([A-Z_]+)` \| (\d{3}) \|/gm)].map(
      ([, code = "", status = ""]) => `${code} ${status}`,
    ),
  );
  return [
    ...difference(thrown, told).map((error) => `docs/errors.md does not have ${error}`),
    ...difference(told, thrown).map((error) => `docs/errors.md has ${error}, which nothing throws`),
  ];
}

function dependencyFaults(): string[] {
  const used = new Set(
    sourceFiles()
      .filter((path) => /(^|\/)package\.json$/.test(path))
      .flatMap((path) => {
        const manifest = JSON.parse(read(path)) as Record<string, Record<string, string> | undefined>;
        return ["dependencies", "devDependencies", "optionalDependencies"].flatMap((kind) =>
          Object.keys(manifest[kind] ?? {}),
        );
      })
      .filter((name) => !name.startsWith("@kismet/")),
  );
  const told = new Set(
    [...read("docs/dependencies.md").matchAll(/^\| ((?:`[^`]+`,? ?)+)\|/gm)].flatMap(([, names = ""]) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name),
    ),
  );
  return [
    ...difference(used, told).map((name) => `docs/dependencies.md does not say why ${name} is needed`),
    ...difference(told, used).map((name) => `docs/dependencies.md has ${name}, which nothing uses`),
  ];
}

function deadLinks(): string[] {
  return sourceFiles()
    .filter((path) => path.endsWith(".md"))
    .flatMap((path) =>
      [...read(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
        .filter(([, target = ""]) => !existsSync(join(root, dirname(path), target)))
        .map(([, target = ""]) => `${path} links to ${target}, which is not there`),
    );
}

function sources(): string[] {
  return sourceFiles().filter(
    (path) => /^(services|packages)\/[^/]+\/src\/.*\.ts$/.test(path) && !path.endsWith(".test.ts"),
  );
}

function difference(left: Set<string>, right: Set<string>): string[] {
  return [...left].filter((item) => !right.has(item));
}

function read(path: string): string {
  return existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : "";
}

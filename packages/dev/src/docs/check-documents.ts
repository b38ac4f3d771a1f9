import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { root } from "../check/run-command.ts";
import { sourceFiles } from "../check/source-files.ts";

/** Where the files are: a test has a tree of its own, with something planted in it. */
export type Tree = { files(): string[]; has(path: string): boolean; read(path: string): string };

export const workTree: Tree = {
  files: sourceFiles,
  has: (path) => existsSync(join(root, path)),
  read: (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : ""),
};

/** What the documents say of the sources is so, and the other way round. */
export function checkDocuments(tree: Tree = workTree): string[] {
  return [
    ...errorFaults(tree),
    ...dependencyFaults(tree),
    ...deadLinks(tree),
    ...recordFaults(tree),
    ...unlistedServices(tree),
  ];
}

/** Codes with their statuses, both ways. */
function errorFaults(tree: Tree): string[] {
  const thrown = new Set(
    sources(tree).flatMap((path) =>
      [...tree.read(path).matchAll(/(?:super|new PublicError)\(\s*"([A-Z][A-Z_]+)",\s*(\d{3})\b/g)].map(
        ([, code = "", status = ""]) => `${code} ${status}`,
      ),
    ),
  );
  const told = new Set(
    [...tree.read("docs/errors.md").matchAll(/^\| `([A-Z_]+)` \| (\d{3}) \|/gm)].map(
      ([, code = "", status = ""]) => `${code} ${status}`,
    ),
  );
  return [
    ...difference(thrown, told).map((error) => `docs/errors.md does not have ${error}`),
    ...difference(told, thrown).map((error) => `docs/errors.md has ${error}, which nothing throws`),
  ];
}

function dependencyFaults(tree: Tree): string[] {
  const used = new Set(
    tree
      .files()
      .filter((path) => /(^|\/)package\.json$/.test(path))
      .flatMap((path) => {
        const manifest = JSON.parse(tree.read(path)) as Record<string, Record<string, string> | undefined>;
        return ["dependencies", "devDependencies", "optionalDependencies"].flatMap((kind) =>
          Object.keys(manifest[kind] ?? {}),
        );
      })
      .filter((name) => !name.startsWith("@kismet/")),
  );
  const told = new Set(
    [...tree.read("docs/dependencies.md").matchAll(/^\| ((?:`[^`]+`,? ?)+)\|/gm)].flatMap(([, names = ""]) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name),
    ),
  );
  return [
    ...difference(used, told).map((name) => `docs/dependencies.md does not say why ${name} is needed`),
    ...difference(told, used).map((name) => `docs/dependencies.md has ${name}, which nothing uses`),
  ];
}

function deadLinks(tree: Tree): string[] {
  return tree
    .files()
    .filter((path) => path.endsWith(".md"))
    .flatMap((path) =>
      [...tree.read(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
        .filter(([, target = ""]) => !tree.has(join(dirname(path), target)))
        .map(([, target = ""]) => `${path} links to ${target}, which is not there`),
    );
}

/** Every decision record that a source cites is there, and the index has each. */
function recordFaults(tree: Tree): string[] {
  const index = tree.read("docs/adr/README.md");
  const cited = tree
    .files()
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .flatMap((path) =>
      [...tree.read(path).matchAll(/docs\/adr\/[a-z0-9-]+\.md/g)].map(([record]) => ({ path, record })),
    );
  const records = tree.files().filter((path) => /^docs\/adr\/(?!README)[^/]+\.md$/.test(path));
  return [
    ...cited
      .filter(({ record }) => !tree.has(record))
      .map(({ path, record }) => `${path} cites ${record}, which is not there`),
    ...records
      .filter((path) => !index.includes(`](${basename(path)})`))
      .map((path) => `docs/adr/README.md does not list ${basename(path)}`),
  ];
}

/** The map of the whole has every service. */
function unlistedServices(tree: Tree): string[] {
  const map = tree.read("docs/ARCHITECTURE.md");
  return tree
    .files()
    .filter((path) => /^services\/[^/]+\/README\.md$/.test(path) && !map.includes(`](../${path})`))
    .map((path) => `docs/ARCHITECTURE.md does not link to ${path}`);
}

function sources(tree: Tree): string[] {
  return tree
    .files()
    .filter((path) => /^(services|packages)\/[^/]+\/src\/.*\.ts$/.test(path) && !path.endsWith(".test.ts"));
}

function difference(left: Set<string>, right: Set<string>): string[] {
  return [...left].filter((item) => !right.has(item));
}

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { root } from "./run-command.ts";
import { sourceFiles } from "./source-files.ts";

const maxLines = 400;
const maxTestLines = 600;
const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.(int|test|d|config))*\.ts$/;

/** By what a line must not have; the rule's own file is where it has to stand. */
const banned: [RegExp, string][] = [
  [/\b(TODO|FIXME|XXX)\b/, "is left to do"],
  [/@ts-(ignore|nocheck)|eslint-disable/, "silences a check"],
  [/\b(t|test|tap)\.(only|skip|todo)\(/, "switches a test off"],
  [/\bsql\.raw\(/, "puts text into SQL (A06)"],
  [/catch *(\([^)]*\))? *\{ *\}/, "swallows an error"],
];
/** In a test it claims that something does not compile, and has to say what. */
const expectedError = /@ts-expect-error(?<what> \w+ \w+)?/;
const exempt = ["packages/dev/src/check/tidiness.ts"];

/** What linters miss. */
export function checkTidiness(): string[] {
  const files = sourceFiles().filter(
    (path) => path.endsWith(".ts") && !path.includes("/generated/") && !exempt.includes(path),
  );
  return [
    ...files.flatMap((path) => untidy(path, readFileSync(`${root}/${path}`, "utf8"))),
    ...missingReadmes(),
    ...missingMigrations(sourceFiles()),
  ];
}

export function untidy(path: string, text: string): string[] {
  const faults: string[] = [];
  const lines = text.split("\n");
  const bound = path.endsWith(".test.ts") ? maxTestLines : maxLines;
  if (lines.length > bound) faults.push(`${path} has ${lines.length} lines, more than ${bound}`);
  if (!kebabCase.test(basename(path))) faults.push(`${path} is not named in kebab-case`);
  for (const [index, line] of lines.entries()) {
    for (const [pattern, what] of banned) if (pattern.test(line)) faults.push(`${path}:${index + 1} ${what}`);
    const expected = expectedError.exec(line);
    if (expected && !(path.endsWith(".test.ts") && expected.groups?.["what"]))
      faults.push(`${path}:${index + 1} expects an error, in no test or without saying which`);
  }
  return faults;
}

/** Of every service with tables, as many as its journal lists. */
export function missingMigrations(
  files: readonly string[],
  read = (path: string) => readFileSync(`${root}/${path}`, "utf8"),
): string[] {
  const homes = files.flatMap((path) => /^(services\/[^/]+)\/src\/schema\.ts$/.exec(path)?.[1] ?? []);
  return homes.flatMap((home) => {
    const journal = `${home}/migrations/meta/_journal.json`;
    if (!files.includes(journal)) return [`${home} has tables, but no migrations`];
    const { entries } = JSON.parse(read(journal)) as { entries: { tag: string }[] };
    const listed = entries.map(({ tag }) => `${home}/migrations/${tag}.sql`);
    const present = files.filter((path) => path.startsWith(`${home}/migrations/`) && path.endsWith(".sql"));
    return [
      ...listed.filter((path) => !present.includes(path)).map((path) => `${path} is listed, but not there`),
      ...present.filter((path) => !listed.includes(path)).map((path) => `${path} is in no journal`),
    ];
  });
}

function missingReadmes(): string[] {
  const files = new Set(sourceFiles());
  const homes = new Set(
    [...files].map((path) => /^(services|packages)\/[^/]+/.exec(path)?.[0]).filter(Boolean),
  );
  return [...homes]
    .filter((home) => !files.has(`${home}/README.md`))
    .map((home) => `${home} has no README.md`);
}

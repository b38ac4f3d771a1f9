import { test } from "tap";
import { titlesIn } from "../src/docs/audit.ts";
import { checkDocuments, type Tree, workTree } from "../src/docs/check-documents.ts";

/** The work tree with more in some of its files. */
function planted(added: Record<string, string>, removed?: { path: string; text: string }): Tree {
  return {
    files: () => [...new Set([...workTree.files(), ...Object.keys(added)])],
    has: workTree.has,
    read: (path) => {
      const text = workTree.read(path) + (added[path] ?? "");
      return removed?.path === path ? text.replace(removed.text, "") : text;
    },
  };
}

test("the documents agree with the sources", async (t) => {
  t.strictSame(checkDocuments(), []);
});

test("what disagrees is found, both ways", async (t) => {
  const row = (code: string, status: number) => `\n| \`${code}\` | ${status} | planted |\n`;
  const cases: [string, Tree, string][] = [
    [
      "a code that nobody has described",
      planted({ "packages/dev/src/planted.ts": 'super("PLANTED_CODE", 409, "planted")' }),
      "docs/errors.md does not have PLANTED_CODE 409",
    ],
    [
      "a code that nothing throws",
      planted({ "docs/errors.md": row("PLANTED_CODE", 409) }),
      "docs/errors.md has PLANTED_CODE 409, which nothing throws",
    ],
    [
      "a status that is another one",
      planted({ "docs/errors.md": row("NOT_FOUND", 410) }),
      "docs/errors.md has NOT_FOUND 410, which nothing throws",
    ],
    [
      "a dependency without a reason",
      planted({}, { path: "docs/dependencies.md", text: "| `ioredis` |" }),
      "docs/dependencies.md does not say why ioredis is needed",
    ],
    [
      "a reason without a dependency",
      planted({ "docs/dependencies.md": "\n| `planted` | why | |\n" }),
      "docs/dependencies.md has planted, which nothing uses",
    ],
    [
      "a link that leads nowhere",
      planted({ "README.md": "[planted](docs/planted.md)" }),
      "README.md links to docs/planted.md, which is not there",
    ],
    [
      "a service that is not on the map",
      planted({ "services/planted/README.md": "# Planted" }),
      "docs/ARCHITECTURE.md does not link to services/planted/README.md",
    ],
    [
      "a record that is cited and not there",
      planted({ "packages/dev/src/planted.ts": "// docs/adr/planted.md" }),
      "packages/dev/src/planted.ts cites docs/adr/planted.md, which is not there",
    ],
    [
      "a record that the index lacks",
      planted({}, { path: "docs/adr/README.md", text: "](letters.md)" }),
      "docs/adr/README.md does not list letters.md",
    ],
  ];
  for (const [what, tree, fault] of cases) t.strictSame(checkDocuments(tree), [fault], what);
});

test("titles of tests are read however they are quoted", async (t) => {
  const source = 'test("one", ) t.test(\'two\', ) await t.test(`three ${3}`, ) latest("four")';
  t.strictSame(titlesIn(source), ["one", "two", "three ${3}"]);
});

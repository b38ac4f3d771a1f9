export type TestFile = {
  path: string;
  isOk: boolean;
  seconds: number;
  /** Assertions. */
  passed: number;
  failed: number;
  skipped: number;
  /** What is to be shown of a file that failed. */
  failures: string;
  /** JSON lines that services wrote meanwhile. */
  logs: string;
};

export const fileBegins = /^# Subtest: (\S+)$/;
export const fileEnds = /^(not )?ok \d+ - (\S+\.test\.ts)(?: # time=([\d.]+)ms)?/;
const maxShown = 12_000;
const maxLastWords = 4_000;

/**
 * Reads what `tap -R tap` says of several files. Assertions are the leaves: a subtest's own line repeats what its
 * assertions said, and is known by the plan before it. A process that died of an error told of it on standard error
 * only, which all files share.
 */
export function readTap(output: string, standardError = ""): TestFile[] {
  const files: TestFile[] = [];
  let section: string[] = [];
  const lines = output.split("\n");
  for (const [index, line] of lines.entries()) {
    if (fileBegins.test(line)) section = [];
    const ended = fileEnds.exec(line);
    if (ended) {
      const file = fileOf(ended[2] ?? "", ended[1] === undefined, Number(ended[3] ?? 0) / 1_000, section);
      if (/# skip/i.test(line)) file.skipped += 1;
      // How its process ended.
      if (!file.isOk) file.failures += `\n${diagnosisAt(lines, index + 1).join("\n")}`;
      if (!file.isOk && file.failed === 0 && standardError !== "")
        file.failures += `\nThe last that was written to standard error:\n${standardError.slice(-maxLastWords)}`;
      files.push(file);
      section = [];
    } else section.push(line);
  }
  return files;
}

function fileOf(path: string, isOk: boolean, seconds: number, section: string[]): TestFile {
  const isLog = (line: string) => /^\s*\{"(level|time)":/.test(line);
  const said = section.filter((line) => !isLog(line));
  // Between a subtest's plan and its own line there may be comments.
  const results = said.filter((line) => !/^\s*(#|$)/.test(line));
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [index, line] of results.entries()) {
    const result = /^\s*(not )?ok \d+/.exec(line);
    if (!result || /^\s*1\.\.\d+/.test(results[index - 1] ?? "")) continue;
    if (/# skip/i.test(line)) counts.skipped += 1;
    else if (result[1]) counts.failed += 1;
    else counts.passed += 1;
  }
  return {
    path,
    isOk,
    seconds,
    ...counts,
    failures: isOk ? "" : failuresIn(said),
    logs: section
      .filter(isLog)
      .map((line) => `${line.trimStart()}\n`)
      .join(""),
  };
}

function diagnosisAt(lines: readonly string[], begin: number): string[] {
  if (!/^\s*---/.test(lines[begin] ?? "")) return [];
  const length = lines.slice(begin).findIndex((line) => /^\s*\.\.\.$/.test(line));
  return length === -1 ? [] : lines.slice(begin, begin + length + 1);
}

/** Each failure with its diagnosis, below the name of its subtest; everything, if no assertion failed. */
function failuresIn(lines: string[]): string {
  const shown: string[] = [];
  let isDiagnosis = false;
  for (const [index, line] of lines.entries()) {
    if (/^\s*not ok/.test(line)) {
      shown.push(line);
      isDiagnosis = /^\s*---/.test(lines[index + 1] ?? "");
    } else if (isDiagnosis) {
      shown.push(line);
      if (/^\s*\.\.\.$/.test(line)) isDiagnosis = false;
    }
  }
  const text = (shown.length > 0 ? shown : lines).join("\n");
  return text.length > maxShown
    ? `${text.slice(0, maxShown / 2)}\n  [...]\n${text.slice(-maxShown / 2)}`
    : text;
}

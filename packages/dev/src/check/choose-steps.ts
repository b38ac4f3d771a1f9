import type { Step } from "./steps.ts";

/** What `--only` names: steps by a part of their names, and by whatever else, files for the step that takes some. */
export function chooseSteps(
  steps: readonly Step[],
  only: readonly string[],
): { running: readonly Step[]; files: string[] } {
  const files = only.filter((part) => !steps.some(({ name }) => name.includes(part)));
  const isAsked = ({ name, takesFiles }: Step) =>
    only.some((part) => name.includes(part)) || (takesFiles === true && files.length > 0);
  return { running: only.length === 0 ? steps : steps.filter(isAsked), files };
}

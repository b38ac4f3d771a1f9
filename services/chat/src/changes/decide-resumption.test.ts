import { test } from "tap";
import { decideResumption } from "./decide-resumption.ts";

test("a client resumes where it was, or is told to read everything anew", async (t) => {
  const cases: [
    what: string,
    since: number | undefined,
    head: number,
    nextKept: number | undefined,
    fullSync: boolean,
  ][] = [
    ["nothing was missed", 7, 7, undefined, false],
    ["an empty feed", 0, 0, undefined, false],
    ["some were missed", 3, 7, 4, false],
    ["all are still kept", 0, 7, 1, false],
    ["the next one is no longer kept", 3, 7, 5, true],
    ["none is kept", 3, 7, undefined, true],
    ["more was missed than is worth following", 0, 101, 1, true],
    ["as much was missed as is worth following", 1, 101, 2, false],
    ["the client knows more than happened", 8, 7, undefined, true],
    ["the client knows nothing", undefined, 7, 1, true],
  ];
  for (const [what, since, head, nextKept, fullSync] of cases) {
    const { next, ...answer } = decideResumption(since, { head, nextKept }, 100);
    t.same(answer, { fullSync }, what);
    t.equal(next, fullSync ? head : since, what);
  }
});

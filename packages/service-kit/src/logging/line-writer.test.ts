import { test } from "tap";
import { createLineWriter, quoted } from "./line-writer.ts";
import { createLogger } from "./logger.ts";

function lineOf(write: (logger: ReturnType<typeof createLogger>) => void, level = "info"): string {
  let lines = "";
  write(
    createLogger({ service: "chat", instanceId: 'a "b"', level }, { write: (text) => void (lines += text) }),
  );
  return lines;
}

test("a line by hand is the line that the logger writes", async (t) => {
  t.intercept(Date, "now", { value: () => Date.UTC(2026, 10, 29, 9, 8, 7, 6) });
  for (const level of ["info", "warn"] as const) {
    const fields = { method: "GET", route: "/v1/matches/:id", status: 200, durationMs: 0.5 };
    const byPino = lineOf((logger) => logger[level](fields, "request"));
    const byHand = lineOf((logger) =>
      createLineWriter(logger)(
        level,
        `,"method":"GET","route":${quoted(fields.route)},"status":200,"durationMs":0.5`,
        "request",
      ),
    );
    t.equal(byHand, byPino);
  }
});

test("a line by hand keeps to the logger's level, also once it is changed", async (t) => {
  const write = (logger: ReturnType<typeof createLogger>) => {
    const line = createLineWriter(logger);
    line("info", "", "first");
    line("warn", "", "second");
    logger.level = "info";
    line("info", "", "third");
  };
  t.same(
    lineOf(write, "warn")
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { message: string }).message),
    ["second", "third"],
  );
  t.equal(
    lineOf((logger) => createLineWriter(logger)("warn", "", "done"), "silent"),
    "",
  );
});

test("A04 what could end a string is escaped, and so is what could end a line", async (t) => {
  for (const text of ['a"b', "a\\b", "a\nb", "a\u2028b", "a\u0000b", "é", "plain-text_1 .:/", ""])
    t.equal(JSON.parse(quoted(text)), text);
  t.notMatch(quoted("a\nb"), /\n/);
});

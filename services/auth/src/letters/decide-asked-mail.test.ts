import { test } from "tap";
import { type AskedMail, mayMailBeSent } from "./decide-asked-mail.ts";

const now = new Date("2026-11-24T12:00:00Z");
const budget = { ofAsker: { hour: 2, day: 3 }, ofAll: { hour: 4, day: 6 } };
let letters = 0;
const mails = (count: number, asker: string, minutesAgo: number): AskedMail[] =>
  Array.from({ length: count }, () => ({
    letterId: `letter ${(letters += 1)}`,
    asker,
    sentAt: new Date(now.getTime() - minutesAgo * 60_000),
  }));

test("mails to an address: so many in an hour and a day for who asks, and more for all of them", (t) => {
  const table: [string, AskedMail[], boolean][] = [
    ["none so far", [], true],
    ["one in this hour", mails(1, "me", 1), true],
    ["two in this hour", mails(2, "me", 59), false],
    ["two in the hour before", mails(2, "me", 60), true],
    ["three in a day", mails(3, "me", 1_439), false],
    ["three the day before", mails(3, "me", 1_440), true],
    ["three by one other", mails(3, "another", 1), true],
    ["four by two others", [...mails(2, "another", 1), ...mails(2, "a third", 1)], false],
    ["six by others in a day", [...mails(3, "another", 600), ...mails(3, "a third", 600)], false],
  ];
  for (const [what, sent, expected] of table)
    t.equal(mayMailBeSent(sent, { letterId: "this", asker: "me" }, budget, now), expected, what);
  const full = mails(2, "me", 1);
  t.ok(
    mayMailBeSent(full, { letterId: full[0]?.letterId ?? "", asker: "me" }, budget, now),
    "one of them again",
  );
  t.end();
});

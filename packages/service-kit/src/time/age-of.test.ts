import { test } from "tap";
import { ageOf, dayOf } from "./age-of.ts";

test("an age grows on the birthday, and on 1 March for those born on 29 February", async (t) => {
  const table: [birthDate: string, today: string, age: number][] = [
    ["2000-06-15", "2026-06-14", 25],
    ["2000-06-15", "2026-06-15", 26],
    ["2000-12-31", "2026-01-01", 25],
    ["2008-02-29", "2026-02-28", 17],
    ["2008-02-29", "2026-03-01", 18],
    ["2008-02-29", "2028-02-29", 20],
  ];
  for (const [birthDate, today, age] of table) t.equal(ageOf(birthDate, today), age, `${birthDate} ${today}`);
  t.equal(dayOf(new Date("2026-11-24T23:59:59.999Z")), "2026-11-24");
});

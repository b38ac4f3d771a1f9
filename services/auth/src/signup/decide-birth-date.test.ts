import { ValidationFailed } from "@kismet/service-kit";
import { test } from "tap";
import { decideBirthDate } from "./decide-birth-date.ts";
import { TooYoung } from "./signup-errors.ts";

test("a member is of age today, and alive", (t) => {
  const decide = (birthDate: string) => () => decideBirthDate(birthDate, "2026-11-24", 18);
  for (const birthDate of ["2008-11-24", "1990-02-28", "1904-11-24"]) t.doesNotThrow(decide(birthDate));
  for (const birthDate of ["2008-11-25", "2026-11-24", "9999-12-31"]) t.throws(decide(birthDate), TooYoung);
  for (const birthDate of ["1903-11-24", "1800-01-01", "0000-01-01"])
    t.throws(decide(birthDate), ValidationFailed);
  t.end();
});

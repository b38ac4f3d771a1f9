import type { Day } from "@kismet/service-kit";

/** The birth dates of those who are of these ages today: after the one day, up to and with the other. */
export function birthDatesOf(minAge: number, maxAge: number, today: Day): { after: Day; until: Day } {
  return { after: yearsBefore(today, maxAge + 1), until: yearsBefore(today, minAge) };
}

/** From 29 February to 28 February of other years: nobody was born in between. */
function yearsBefore(day: Day, years: number): Day {
  const year = Number(day.slice(0, 4)) - years;
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const date = day.slice(5) === "02-29" && !isLeapYear ? "02-28" : day.slice(5);
  return `${String(year).padStart(4, "0")}-${date}`;
}

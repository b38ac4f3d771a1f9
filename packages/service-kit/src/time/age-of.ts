/** A calendar day, `2026-11-24`; days compare as text. */
export type Day = string;

/** The day it is in UTC. */
export function dayOf(moment: Date): Day {
  return moment.toISOString().slice(0, 10);
}

/** In whole years. Whoever was born on 29 February comes of age on 1 March in other years. */
export function ageOf(birthDate: Day, today: Day): number {
  const years = Number(today.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return today.slice(5) < birthDate.slice(5) ? years - 1 : years;
}

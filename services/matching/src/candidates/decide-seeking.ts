import type { Gender } from "@kismet/contracts";

const genders = ["woman", "man", "nonbinary"] as const satisfies Gender[];

/** All the ways to be open to some genders. */
const preferences: Gender[][] = Array.from({ length: 2 ** genders.length - 1 }, (_, i) =>
  genders.filter((_gender, bit) => ((i + 1) >> bit) & 1),
);

/** Who seeks whom, as one value: `woman>man+nonbinary`. */
export function seekingOf(gender: Gender, showMe: Gender[]): string {
  return `${gender}>${genders.filter((each) => showMe.includes(each)).join("+")}`;
}

/**
 * Those whom such a member seeks, and who seek such a member. An index by these values never walks over a crowd of
 * people who look for somebody else.
 */
export function seekersFor(gender: Gender, showMe: Gender[]): string[] {
  const open = preferences.filter((preference) => preference.includes(gender));
  return showMe.flatMap((wanted) => open.map((preference) => seekingOf(wanted, preference)));
}

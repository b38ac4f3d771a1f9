import type { ProfileSnapshot } from "@kismet/contracts";

/** Whom `npm start` tells the password of; everybody else who is seeded has the same one. */
export const demoMember = {
  email: "demo@kismet.example",
  password: "kismet-in-berlin",
  /** Of the addresses of everybody else. */
  domain: "people.kismet.example",
  /** Interested in everybody, so that nobody who likes this member is kept out of the deck. */
  profile: {
    firstName: "Robin",
    bio: "Here to try things out.",
    preferences: {
      showMe: ["woman", "man", "nonbinary"],
      minAge: 18,
      maxAge: 100,
      maxDistanceKm: null,
    },
  } satisfies Partial<ProfileSnapshot>,
};

import { ageOf, type Day, ValidationFailed } from "@kismet/service-kit";
import { TooYoung } from "./signup-errors.ts";

/** The oldest person of whom it is proven lived 122 years. */
const maximumAge = 122;

/** Throws unless somebody who was born then may be a member today. */
export function decideBirthDate(birthDate: Day, today: Day, minimumAge: number): void {
  const age = ageOf(birthDate, today);
  if (age > maximumAge) {
    const message = "is too long ago";
    throw new ValidationFailed("Nobody alive was born then.", [{ path: "/birthDate", message }]);
  }
  if (age < minimumAge) throw new TooYoung(minimumAge);
}

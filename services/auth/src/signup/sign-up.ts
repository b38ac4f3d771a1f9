import type { SignupRequest } from "@kismet/contracts";
import { type Clock, dayOf } from "@kismet/service-kit";
import type { Static } from "typebox";
import { normaliseEmail } from "../accounts/normalise-email.ts";
import { ruleOf } from "../age/jurisdictions.ts";
import type { Letterbox } from "../letters/letterbox.ts";
import { commonPasswords } from "../password/common-passwords.ts";
import { decidePassword } from "../password/decide-password.ts";
import type { PasswordHasher } from "../password/password-hasher.ts";
import type { Digests } from "../secrets/digests.ts";
import type { AuthDatabase } from "../storage.ts";
import { askerOf } from "./asker.ts";
import { decideBirthDate } from "./decide-birth-date.ts";

type Deps = {
  database: AuthDatabase;
  clock: Clock;
  digests: Digests;
  hasher: PasswordHasher;
  letterbox: Letterbox;
  minimumAge: number;
};

const defaultLocale = "en";

/** Does the same for every address: whether it is known is found out later. */
export async function signUp(
  deps: Deps,
  request: Static<typeof SignupRequest>,
  address: string,
): Promise<void> {
  const { database, clock, digests, hasher, letterbox } = deps;
  const { password, birthDate, locale = defaultLocale, acceptedTermsVersion, jurisdiction = null } = request;
  const minimumAge = Math.max(deps.minimumAge, ruleOf(jurisdiction).minimumAge);
  const email = normaliseEmail(request.email);
  decideBirthDate(birthDate, dayOf(clock.now()), minimumAge);
  decidePassword(password, email, commonPasswords);
  const passwordHash = await hasher.hash(password);
  await database.transaction((tx) =>
    letterbox.post(tx, {
      kind: "signup",
      email,
      asker: askerOf(digests, email, address),
      passwordHash,
      birthDate,
      locale,
      acceptedTermsVersion,
      jurisdiction,
    }),
  );
}

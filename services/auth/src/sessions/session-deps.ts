import type { Clock } from "@kismet/service-kit";
import type { Keyring } from "../keys/keyring.ts";
import type { PasswordHasher } from "../password/password-hasher.ts";
import type { Digests } from "../secrets/digests.ts";
import type { AuthDatabase } from "../storage.ts";
import type { SessionRules } from "./open-session.ts";

/** What it takes to open a session. */
export type SessionDeps = {
  database: AuthDatabase;
  clock: Clock;
  hasher: PasswordHasher;
  keyring: Keyring;
  digests: Digests;
  rules: SessionRules;
};

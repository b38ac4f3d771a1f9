import { hash } from "@node-rs/argon2";
import type { CopyRow } from "./copy-rows.ts";
import { demoMember } from "./demo-member.ts";
import type { Person } from "./make-person.ts";

/** As auth hashes (OWASP's minimum for Argon2id, which is what the library uses unless it is told otherwise): a weaker hash would be redone at the first log-in. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Everybody has the same password, so one hash serves all: 100,000 of them would take half an hour. */
export function hashSharedPassword(): Promise<string> {
  return hash(demoMember.password, parameters);
}

/** An account whose address was verified at once. */
export function accountRow({ email, profile }: Person, passwordHash: string): CopyRow {
  return {
    member_id: profile.memberId,
    email,
    password_hash: passwordHash,
    birth_date: profile.birthDate,
    locale: "de",
    accepted_terms_version: "2026-01",
    status: "active",
    version: 1,
    created_at: profile.createdAt,
  };
}

import { hash, type Options, verify } from "@node-rs/argon2";
import { createTurns } from "./turns.ts";

/** OWASP's first choice for Argon2id, which is what the library does unless told otherwise. */
export const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const satisfies Options;

/** Each takes 19 MiB and a core for 15 ms. */
const maxRunning = 4;
/** More than these would not be done in time. */
const maxWaiting = 200;

export type PasswordHasher = {
  hash(password: string): Promise<string>;
  /** Without a hash it takes as long, and says no. */
  verify(storedHash: string | null | undefined, password: string): Promise<boolean>;
  isOutdated(storedHash: string | null): boolean;
};

export function createPasswordHasher(): PasswordHasher {
  const inTurn = createTurns({ maxRunning, maxWaiting });
  /** Of a password that nobody has. */
  let dummy: Promise<string> | undefined;
  const hashOf = (password: string) => inTurn(() => hash(comparable(password), parameters));
  return {
    hash: hashOf,
    async verify(storedHash, password) {
      dummy ??= hashOf(crypto.randomUUID());
      const known = storedHash ?? (await dummy);
      const isRight = await inTurn(() => verify(known, comparable(password)));
      return isRight && storedHash != null;
    },
    isOutdated: (storedHash) =>
      storedHash !== null && !storedHash.startsWith(`$argon2id$v=19$${encodedParameters}$`),
  };
}

const encodedParameters = `m=${parameters.memoryCost},t=${parameters.timeCost},p=${parameters.parallelism}`;

/** The same characters typed on another keyboard are the same password. */
function comparable(password: string): string {
  return password.normalize("NFC");
}

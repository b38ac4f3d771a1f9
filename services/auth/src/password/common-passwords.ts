import { dictionary } from "@zxcvbn-ts/language-common";

const minLength = 10;

/** Those of the most used passwords that are long enough to be accepted otherwise. */
export const commonPasswords: ReadonlySet<string> = new Set(
  dictionary["passwords"].filter((password) => password.length >= minLength),
);

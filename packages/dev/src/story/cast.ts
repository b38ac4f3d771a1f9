import type { Gateway } from "./gateway.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Narrator } from "./narrator.ts";
import { Person } from "./person.ts";

/** Who and what a chapter has to do with. */
export type Cast = {
  /** The two whose story it is. */
  ada: Person;
  bo: Person;
  /** Whom Ada meets and leaves: a pair that has ended never begins again. */
  cy: Person;
  gateway: Gateway;
  mailbox: Mailbox;
  narrator: Narrator;
};

export function gatherCast(gateway: Gateway, mailbox: Mailbox, narrator: Narrator): Cast {
  return {
    ada: new Person("Ada", "1995-04-01", gateway),
    bo: new Person("Bo", "1993-09-17", gateway),
    cy: new Person("Cy", "1990-01-30", gateway),
    gateway,
    mailbox,
    narrator,
  };
}

export function everybody({ ada, bo, cy }: Cast): Person[] {
  return [ada, bo, cy];
}

import { randomUUIDv7 } from "node:crypto";
import { afterCommit } from "@kismet/database";
import { type Clock, requireContext } from "@kismet/service-kit";
import type { Sealing } from "../secrets/sealing.ts";
import type { Tx } from "../storage.ts";
import type { Letter } from "./letter.ts";
import { insertLetter } from "./letters-repository.ts";

/** Takes letters with the transaction that they belong to; the postman carries them. */
export type Letterbox = { post(tx: Tx, letter: Letter): Promise<void> };

export function createLetterbox(deps: { sealing: Sealing; clock: Clock; posted: () => void }): Letterbox {
  const { sealing, clock, posted } = deps;
  return {
    async post(tx, letter) {
      const now = clock.now();
      await insertLetter(tx, {
        id: randomUUIDv7(),
        sealed: sealing.seal(JSON.stringify(letter)),
        requestId: requireContext().requestId,
        createdAt: now,
        nextAttemptAt: now,
      });
      afterCommit(tx, posted);
    },
  };
}

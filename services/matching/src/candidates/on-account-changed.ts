import { on } from "@kismet/bus";
import { AccountChanged } from "@kismet/contracts";
import type { Tx } from "../storage.ts";
import { saveAccount } from "./candidates-repository.ts";

/** A deleting account is invisible from here on: decks, likes and matches all ask for active ones. */
export const onAccountChanged = on(AccountChanged, async (tx: Tx, { payload }) => saveAccount(tx, payload));

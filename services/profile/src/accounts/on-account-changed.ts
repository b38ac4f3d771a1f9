import { on } from "@kismet/bus";
import { AccountChanged } from "@kismet/contracts";
import type { Tx } from "../storage.ts";
import { saveAccount } from "./accounts-repository.ts";

/** From here on a deleting account has no card; a restored one has it again, unchanged. */
export const onAccountChanged = on(AccountChanged, async (tx: Tx, { payload }) => saveAccount(tx, payload));

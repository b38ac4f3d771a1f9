import { ProfileChanged } from "@kismet/contracts";
import { on } from "@kismet/bus";
import type { Tx } from "../storage.ts";
import { saveProfile } from "./candidates-repository.ts";

export const onProfileChanged = on(ProfileChanged, async (tx: Tx, { payload }) => saveProfile(tx, payload));

import type { Letterbox } from "../letters/letterbox.ts";
import type { Sealing } from "../secrets/sealing.ts";
import type { SessionDeps } from "../sessions/session-deps.ts";
import type { Atlas } from "./atlas.ts";
import type { GuessGuard } from "./guess-guard.ts";

/** What it takes to bring somebody from a proof to a session. */
export type SignInDeps = SessionDeps & {
  letterbox: Letterbox;
  sealing: Sealing;
  atlas: Atlas;
  guard: GuessGuard;
  codeSeconds: number;
  codeIntervalMs: number;
};

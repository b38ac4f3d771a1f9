import type { Counter } from "@kismet/service-kit";
import type { Sealing } from "../secrets/sealing.ts";
import type { StandingDeps } from "../standing/restrict-account.ts";
import type { AgeProvider } from "./age-provider.ts";

export type AgeDeps = StandingDeps & {
  sealing: Sealing;
  /** Of the product, where the law asks for less. */
  minimumAge: number;
  provider: AgeProvider | undefined;
  /** How long a member may be away at the provider. */
  ageCheckSeconds: number;
  ageChecksPerDay: number;
  outcomes: Counter<"method" | "outcome">;
};

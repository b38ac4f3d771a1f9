import { ConfigurationError, variableOf } from "@kismet/service-kit";
import type { Config } from "../config.ts";
import { faultOfOrigins, faultOfRpId, type RelyingParty } from "./decide-relying-party.ts";

/** Throws while the service starts if its passkeys could not work. */
export function relyingPartyOf({
  env,
  passkeyRpId: id,
  passkeyOrigins: origins,
}: Pick<Config, "env" | "passkeyRpId" | "passkeyOrigins">): RelyingParty {
  const facts = { rpId: id, origins, production: env === "production" };
  const fault = faultOfRpId(facts);
  if (fault) throw new ConfigurationError([{ variable: variableOf("passkeyRpId"), problem: fault }]);
  const problem = faultOfOrigins(facts);
  if (problem) throw new ConfigurationError([{ variable: variableOf("passkeyOrigins"), problem }]);
  return { id, origins };
}

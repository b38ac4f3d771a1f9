import {
  createBreaker,
  currentContext,
  type Parts,
  readBounded,
  signatureFault,
  signBody,
} from "@kismet/service-kit";
import { Value } from "typebox/value";
import { AgeProviderUnavailable, AgeResultRefused } from "./age-errors.ts";
import { type AgeProvider, ProviderCheck, type ProviderRequest, signatureHeader } from "./age-provider.ts";
import type { AgeProviderSettings } from "./age-settings.ts";

const timeoutMs = 3_000;
const breaker = { timeoutMs, minCalls: 5, resetMs: 2_000, maxConcurrent: 100 };
/** An answer is some hundred bytes. */
const maxAnswerBytes = 16_384;
const toleranceSeconds = 300;

export type Addresses = { create: () => string | undefined; result: () => string | undefined; back: string };

/**
 * A provider over HTTP, by the protocol of `age-provider.ts`: what a company that checks ages speaks itself is for a small
 * bridge to translate, so that nothing of any of them is in here. Both directions are signed by one secret.
 */
export function createAgeProvider(
  parts: Parts,
  { name, secret }: Pick<AgeProviderSettings, "name" | "secret">,
  addresses: Addresses,
): AgeProvider {
  const guarded = createBreaker(parts, `age ${name}`, send, breaker);

  async function send(asked: ProviderRequest): Promise<ProviderCheck> {
    const url = addresses.create();
    if (url === undefined) throw new Error("nothing listens yet");
    const body = JSON.stringify(asked);
    const answer = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-request-id": currentContext()?.requestId ?? asked.reference,
        [signatureHeader]: signBody(secret, body, parts.clock.now()),
      },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = (await readBounded(answer.body, maxAnswerBytes)).toString("utf8");
    if (answer.status !== 200 && answer.status !== 201) throw new Error(`it answers ${answer.status}`);
    return Value.Parse(ProviderCheck, JSON.parse(text));
  }

  return {
    name,
    async createCheck(asked) {
      const resultUrl = addresses.result();
      try {
        if (resultUrl === undefined) throw new Error("nothing listens yet");
        return await guarded.fire({ ...asked, resultUrl, returnUrl: addresses.back });
      } catch (error) {
        parts.logger.warn(
          { provider: name, reason: (error as Error).message },
          "an age could not be checked",
        );
        throw new AgeProviderUnavailable(error);
      }
    },
    verifyResult({ rawBody, signature }, now) {
      if (!rawBody) throw new AgeResultRefused("no body");
      const fault = signatureFault(signature, { secret, rawBody, now, toleranceSeconds });
      if (fault) throw new AgeResultRefused(fault);
    },
  };
}

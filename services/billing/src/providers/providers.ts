import type { ProviderName } from "@kismet/contracts";
import { createBreaker, type Parts, PublicError, retry } from "@kismet/service-kit";
import type { PaymentProvider } from "./payment-provider.ts";
import { ProviderNotConfigured } from "./provider-errors.ts";

const callTimeoutMs = 2_000;
const attempts = { attempts: 3, baseMs: 50, maxMs: 300 };

export type Providers = {
  names: ProviderName[];
  /** Throws ProviderNotConfigured. */
  get(name: ProviderName): PaymentProvider;
};

/** Each behind breakers, deadlines and retries of its own. */
export function createProviders(parts: Parts, configured: PaymentProvider[]): Providers {
  const guarded = new Map(configured.map((provider) => [provider.name, guard(parts, provider)]));
  return {
    names: [...guarded.keys()],
    get(name) {
      const provider = guarded.get(name);
      if (!provider) throw new ProviderNotConfigured(name);
      return provider;
    },
  };
}

function guard(parts: Parts, provider: PaymentProvider): PaymentProvider {
  function guarded<A extends unknown[], R>(name: string, call: (...args: A) => Promise<R>) {
    const breaker = createBreaker(parts, `${provider.name} ${name}`, call, { timeoutMs: callTimeoutMs });
    return (...args: A) => retry(() => breaker.fire(...args), { ...attempts, shouldRetry: isTheirFault });
  }

  return {
    ...provider,
    createCheckout: guarded("createCheckout", (order) => provider.createCheckout(order)),
    closeCheckout: guarded("closeCheckout", (ref) => provider.closeCheckout(ref)),
    readCheckout: guarded("readCheckout", (ref) => provider.readCheckout(ref)),
    readSubscription: guarded("readSubscription", (ref) => provider.readSubscription(ref)),
    setCancellation: guarded("setCancellation", (ref, atEnd) => provider.setCancellation(ref, atEnd)),
  };
}

function isTheirFault(error: unknown): boolean {
  return !(error instanceof PublicError) || error.status >= 500;
}

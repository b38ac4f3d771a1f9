import type { Digests } from "../secrets/digests.ts";
import { isEqual } from "../secrets/digests.ts";

/** What of a session its refresh tokens are made from. */
export type RefreshSeed = { id: string; seed: string; generation: number };

/**
 * Derived rather than stored: docs/adr/refresh-tokens-are-derived.md.
 * A refresh token names its session and its generation, and proves both by a keyed hash over the session's seed. So
 * none is stored, a repeated refresh gets the very same successor, and an old one is known for what it is however long
 * ago it was used. Neither the database nor the key alone is enough to make one.
 */
export function refreshTokenOf(digests: Digests, { id, seed, generation }: RefreshSeed): string {
  return `${id}.${generation}.${digests.of("refresh token", id, seed, String(generation))}`;
}

export function readRefreshToken(token: string): { sessionId: string; generation: number } | undefined {
  const found = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(\d{1,9})\.[A-Za-z0-9_-]{43}$/.exec(token);
  return found?.[1] ? { sessionId: found[1], generation: Number(found[2]) } : undefined;
}

export function isGenuine(digests: Digests, token: string, of: RefreshSeed): boolean {
  return isEqual(token, refreshTokenOf(digests, of));
}

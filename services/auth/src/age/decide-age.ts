import type { AgeCheckMethod, AgeRequirement, AgeState } from "@kismet/contracts";

/** How well an age is known, by what, and since when. */
export type AgeFacts = { state: AgeState; method: AgeCheckMethod | null; decidedAt: Date | null };
export type AgeVerdict = { method: AgeCheckMethod; outcome: "passed" | "refused"; decidedAt: Date };
export type AgeDecision = AgeFacts | "late" | "weaker";

export const declared: AgeFacts = { state: "declared", method: null, decidedAt: null };

const strength = { estimation: 1, document: 2 };
const degrees: Record<AgeState, number> = { refused: -1, expired: 0, declared: 0, estimated: 1, verified: 2 };

/**
 * What a verdict of the provider makes of what is known. What is older than the last verdict changes nothing, whenever it
 * comes. A refusal gives way to a stronger proof only, or to people: otherwise one would try until a face passes. A document
 * outranks a face, either way.
 */
export function decideAge(facts: AgeFacts, { method, outcome, decidedAt }: AgeVerdict): AgeDecision {
  if (facts.decidedAt && decidedAt <= facts.decidedAt) return "late";
  const known = facts.method === null ? 0 : strength[facts.method];
  const isStronger = strength[method] > known;
  if (facts.state === "refused" && !isStronger) return "weaker";
  if (facts.state === "verified" && strength[method] < known) return "weaker";
  if (outcome === "refused") return { state: "refused", method, decidedAt };
  return { state: method === "document" ? "verified" : "estimated", method, decidedAt };
}

/** By what an age can be proven: enough for what is required, and more than what has failed. */
export function decideMethods(
  facts: AgeFacts,
  { requires, nearLimit }: { requires: AgeRequirement; nearLimit: boolean },
): AgeCheckMethod[] {
  if (facts.state === "refused" && facts.method === "document") return [];
  if (requires === "verified" || nearLimit || facts.state === "refused") return ["document"];
  return ["estimation", "document"];
}

/** Whether a proof is missing. A refusal is more than that: it meets no requirement, not even a declaration. */
export function isOutstanding(
  known: { state: AgeState; provenAge: number | null; expiresAt: Date | null },
  { requires, minimumAge }: { requires: AgeRequirement; minimumAge: number },
  now: Date,
): boolean {
  if (known.state === "refused") return true;
  if (requires === "declared") return false;
  const isOver = known.expiresAt !== null && known.expiresAt <= now;
  return isOver || degrees[known.state] < degrees[requires] || (known.provenAge ?? 0) < minimumAge;
}

type Demands = { requires: AgeRequirement; minimumAge: number };

/** Whether one rule asks for no less than another, in everything. */
export function isAsStrict(rule: Demands, than: Demands): boolean {
  return degrees[rule.requires] >= degrees[than.requires] && rule.minimumAge >= than.minimumAge;
}

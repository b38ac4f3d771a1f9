import type { AgeCheckMethod, AgeCheckOutcome } from "@kismet/contracts";

/** What a provider has found, in years; `too_young` where it tells no more. */
export type AgeFinding =
  | { found: "estimate"; years: number }
  | { found: "document"; years: number }
  | { found: "too_young" | "inconclusive" | "failed" };

/** Undefined where the finding is of another kind than what was asked for. */
export function decideOutcome(
  finding: AgeFinding,
  { method, minimumAge, margin }: { method: AgeCheckMethod; minimumAge: number; margin: number },
): Exclude<AgeCheckOutcome, "expired"> | undefined {
  switch (finding.found) {
    case "estimate":
      if (method !== "estimation") return undefined;
      if (finding.years >= minimumAge + margin) return "passed";
      // As far below: nobody is called a child for a face that may be 18.
      return finding.years < minimumAge - margin ? "refused" : "near_limit";
    case "document":
      if (method !== "document") return undefined;
      return finding.years >= minimumAge ? "passed" : "refused";
    case "too_young":
      return "refused";
    case "inconclusive":
    case "failed":
      return finding.found;
  }
}

import type { AgeRequirement } from "@kismet/contracts";

export type AgeRule = {
  minimumAge: number;
  requires: AgeRequirement;
  /** An estimate counts only that far above the minimum, in years: what is nearer is for a document to say. */
  estimateMargin: number;
  /** How long a proof is good; null: nobody grows younger. */
  validForDays: number | null;
  /** The law or guidance that it follows. */
  source: string;
};

/**
 * What is asked where. A starting point made from published law and guidance, and no legal advice: whether and how each
 * applies to a product is for its lawyers (docs/adr/age-assurance.md says what to ask them). A part of a country that has
 * no rule follows its country, and a country without one the default.
 */
export const jurisdictions: Readonly<Record<string, AgeRule>> = {
  AU: {
    minimumAge: 18,
    requires: "estimated",
    estimateMargin: 7,
    validForDays: null,
    source: "Online Safety Act 2021, industry codes on age-restricted material registered by eSafety in 2025",
  },
  DE: {
    minimumAge: 18,
    requires: "estimated",
    estimateMargin: 5,
    validForDays: null,
    source:
      "JMStV § 4 (2); KJM's criteria for age verification systems, with a buffer of five years for estimates",
  },
  FR: {
    minimumAge: 18,
    requires: "estimated",
    estimateMargin: 7,
    validForDays: null,
    source: "Loi n° 2024-449 (SREN); Arcom's référentiel of October 2024",
  },
  GB: {
    minimumAge: 18,
    requires: "estimated",
    estimateMargin: 7,
    validForDays: null,
    source: "Online Safety Act 2023; Ofcom's guidance on highly effective age assurance of January 2025",
  },
  IT: {
    minimumAge: 18,
    requires: "verified",
    estimateMargin: 7,
    validForDays: 365,
    source: "D.L. 123/2023 art. 13-bis; AGCOM, delibera 96/25/CONS",
  },
  KR: {
    minimumAge: 19,
    requires: "verified",
    estimateMargin: 7,
    validForDays: 365,
    source: "Youth Protection Act, art. 2 and 16; verified anew each year by its Enforcement Decree, art. 17",
  },
  "US-LA": {
    minimumAge: 18,
    requires: "verified",
    estimateMargin: 7,
    validForDays: null,
    source: "La. R.S. 9:2800.29",
  },
  "US-TX": {
    minimumAge: 18,
    requires: "verified",
    estimateMargin: 7,
    validForDays: null,
    source: "Tex. Civ. Prac. & Rem. Code ch. 129B",
  },
  "US-UT": {
    minimumAge: 18,
    requires: "verified",
    estimateMargin: 7,
    validForDays: null,
    source: "Utah Code 78B-3-1002",
  },
};

const elsewhere: AgeRule = {
  minimumAge: 18,
  requires: "declared",
  estimateMargin: 7,
  validForDays: null,
  source: "none: members declare their birth date",
};

export function ruleOf(jurisdiction: string | null): AgeRule {
  if (jurisdiction === null) return elsewhere;
  return jurisdictions[jurisdiction] ?? jurisdictions[jurisdiction.slice(0, 2)] ?? elsewhere;
}

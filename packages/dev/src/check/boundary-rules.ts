const isTest = "\\.test\\.ts$|/test/|^test/|^bench/";

/** Of dependency-cruiser; each has a planted violation in test/fixtures/boundaries. */
export const rules = {
  forbidden: [
    {
      name: "services-are-strangers",
      severity: "error",
      from: { path: "^services/([^/]+)/" },
      to: { path: "^services/([^/]+)/", pathNot: "^services/$1/" },
    },
    {
      name: "packages-know-no-service",
      severity: "error",
      // The generator and the proofs of the whole system ask services what they have.
      from: { path: "^packages/", pathNot: "^packages/dev/src/(generate|seed|story|docs)/|/test/" },
      to: { path: "^services/" },
    },
    {
      name: "contracts-need-only-typebox",
      severity: "error",
      from: { path: "^packages/contracts/src/", pathNot: "\\.test\\.ts$" },
      to: { pathNot: "^packages/contracts/|node_modules/typebox/|^typebox" },
    },
    {
      name: "decisions-are-pure",
      severity: "error",
      from: { path: "/decide-[^/]+\\.ts$", pathNot: "\\.test\\.ts$" },
      to: {
        path: "repository|schema\\.ts$|drizzle-orm|node_modules/pg/|ioredis|@nats-io|packages/(bus|database)/|^(node:)?(fs|net|http|crypto)$",
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "drizzle-in-repositories",
      severity: "error",
      from: {
        path: "^services/",
        pathNot: `repository\\.ts$|schema\\.ts$|/schema/[a-z-]+-tables\\.ts$|/custody\\.ts$|drizzle\\.config\\.ts$|${isTest}`,
      },
      to: { path: "drizzle-orm", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "testing-is-for-tests",
      severity: "error",
      from: { pathNot: `${isTest}|^packages/testing/` },
      to: { path: "^packages/testing/" },
    },
    {
      name: "no-circles",
      severity: "error",
      from: { path: "^(packages|services)/", pathNot: isTest },
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
  ],
};

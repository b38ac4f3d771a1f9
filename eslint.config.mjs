import tseslint from "typescript-eslint";

/** Programs for a terminal, which talk to people. */
const programs = [
  "packages/dev/src/{check,generate,launcher,story,docs}/**",
  "packages/*/src/*-main.ts",
  "bench/**",
  "bin/**",
  "deploy/**",
  "**/test/**",
  "**/*.test.ts",
];

export default tseslint.config(
  { ignores: ["**/node_modules/**", "**/generated/**", ".kismet/**", ".tap/**", "**/fixtures/**"] },
  {
    files: ["**/*.ts"],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname },
    },
    plugins: { "@typescript-eslint": tseslint.plugin },
    rules: {
      "no-console": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
      "prefer-const": "error",
      "no-eval": "error",
      "no-restricted-syntax": [
        "error",
        { selector: "ExportDefaultDeclaration", message: "Exports have names." },
        { selector: "TSEnumDeclaration", message: "Types come from schemas and unions." },
      ],
      "max-lines-per-function": [
        "error",
        { max: 90, skipBlankLines: true, skipComments: true, IIFEs: false },
      ],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: false }],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_|Config$" },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/only-throw-error": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
    },
  },
  { files: programs, rules: { "no-console": "off" } },
  { files: ["**/*.config.ts", "**/*.d.ts"], rules: { "no-restricted-syntax": "off" } },
  // tap runs its subtests one after the other, whether or not they are awaited.
  { files: ["**/*.test.ts"], rules: { "@typescript-eslint/no-floating-promises": "off" } },
  // A test's body is a list of claims; a service's routes are a list of declarations.
  {
    files: ["**/test/**", "**/*.test.ts", "bench/**", "**/*-routes.ts"],
    rules: { "max-lines-per-function": "off" },
  },
);

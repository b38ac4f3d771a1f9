import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "postgresql",
  schema: ["./src/schema.ts", "./src/sandbox/sandbox-schema.ts"],
  out: "./migrations",
  schemaFilter: ["billing"],
});

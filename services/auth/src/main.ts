import { runService } from "@kismet/service-kit";
import { buildApp } from "./app.ts";
import { Config } from "./config.ts";

await runService("auth", Config, buildApp);

/** The gateway with the one route that it is asked for here: no service takes uploads yet. */
import type { RouteTableEntry } from "@kismet/contracts";
import { runService } from "@kismet/service-kit";
import { buildApp } from "../../services/gateway/src/app.ts";
import { Config } from "../../services/gateway/src/config.ts";
import { uploadBytes, uploadPath } from "../load/uploads.ts";

const route: RouteTableEntry = {
  service: "profile",
  method: "POST",
  path: uploadPath,
  policy: {
    auth: "member",
    limit: "upload",
    bodyLimit: uploadBytes,
    timeoutMs: 30_000,
    idempotent: false,
  },
};

await runService("gateway", Config, (parts) => buildApp(parts, [route]));

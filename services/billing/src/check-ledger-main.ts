import { createDatabase } from "@kismet/database";
import { createParts, loadConfig } from "@kismet/service-kit";
import { Config } from "./config.ts";
import { findLedgerFaults } from "./ledger/check-ledger-repository.ts";
import * as schema from "./schema.ts";

/** Checks the books, with the service's own configuration. Logs each fault, and exits with 1 if there are any. */
const parts = createParts("billing", loadConfig(Config, process.env));
const database = createDatabase(parts, schema);
await parts.lifecycle.start();
const faults = await findLedgerFaults(database.read, parts.clock.now());
for (const fault of faults) parts.logger.error(fault, "the ledger is wrong");
if (faults.length === 0) parts.logger.info("the ledger balances");
await parts.lifecycle.stop();
process.exitCode = faults.length === 0 ? 0 : 1;

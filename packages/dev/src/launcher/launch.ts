import type { Options } from "./options.ts";
import type { ProcessTable } from "./process-table.ts";
import type { StateFolder } from "./state-folder.ts";
import type { Terminal } from "./terminal.ts";

/** What every step of one start works with. */
export type Launch = {
  options: Options;
  state: StateFolder;
  table: ProcessTable;
  terminal: Terminal;
};

import { accountCommands } from "./account-commands.ts";
import type { Command } from "./command.ts";
import { holdCommands } from "./hold-commands.ts";
import { keyCommands } from "./key-commands.ts";
import { staffCommands } from "./staff-commands.ts";

/** By their first words; the longest that fits counts. */
export const commands: Record<string, Command> = {
  ...accountCommands,
  ...staffCommands,
  ...holdCommands,
  ...keyCommands,
};

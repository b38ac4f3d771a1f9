/**
 * Loaded by `node --import` before services and tests. For each of drizzle-orm's hundred modules Node reads and parses
 * the package's manifest (179 kB) again, only to learn that it is a module: a third of the time that a process takes to
 * start. Here its relative imports are resolved without looking.
 */
import { registerHooks } from "node:module";

const drizzle = "/node_modules/drizzle-orm/";

registerHooks({
  resolve(specifier, context, next) {
    const { parentURL } = context;
    const isRelative = specifier.startsWith("./") || specifier.startsWith("../");
    if (!isRelative || parentURL?.includes(drizzle) !== true || !parentURL.endsWith(".js"))
      return next(specifier, context);
    return { url: new URL(specifier, parentURL).href, format: "module", shortCircuit: true };
  },
});

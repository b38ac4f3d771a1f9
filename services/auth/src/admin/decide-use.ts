/** Options that every command takes. */
const general = new Set(["as", "reason", "yes", "json", "help"]);

type Shape = { words: { name: string; isNeeded: boolean }[]; options: Map<string, boolean> };

/**
 * Why the words and options of a command are not what its `args` ask for, or nothing. What is one too many is refused as
 * what is missing is: `status ban ... --until` would else ban for ever whom somebody wanted to suspend.
 */
export function faultOfUse(
  args: string,
  words: readonly string[],
  options: readonly string[],
): string | undefined {
  const shape = shapeOf(args);
  const missing = shape.words.filter(({ isNeeded }) => isNeeded)[words.length];
  if (missing) return `<${missing.name}> is missing.`;
  const surplus = words[shape.words.length];
  if (surplus !== undefined) return `"${surplus}" is one word too many.`;
  const foreign = options.find((name) => !general.has(name) && !shape.options.has(name));
  if (foreign !== undefined) return `--${foreign} does not belong here.`;
  const left = [...shape.options].find(([name, isNeeded]) => isNeeded && !options.includes(name));
  return left && `--${left[0]} is missing.`;
}

/** Of `<member> <reason> --until <time> [--statement <text>]`. */
function shapeOf(args: string): Shape {
  const shape: Shape = { words: [], options: new Map() };
  for (const [, bracket, option, word] of args.matchAll(/(\[?)(?:--([\w-]+) <\w+>|<?(\w+)>?)\]?/g)) {
    if (option !== undefined) shape.options.set(option, bracket === "");
    else if (word !== undefined) shape.words.push({ name: word, isNeeded: bracket === "" });
  }
  return shape;
}

type Hook = () => void;

/** By drizzle's session, which a transaction shares with its savepoints. */
const hooks = new WeakMap<object, Set<Hook>>();

/**
 * Runs `hook` once the transaction has committed, and never if it is rolled back: for signals, caches, and waking
 * whoever reads what was written. The same function given twice runs once. It may be lost with the process.
 */
export function afterCommit(tx: object, hook: Hook): void {
  const key = sessionOf(tx);
  const known = hooks.get(key);
  if (known) known.add(hook);
  else hooks.set(key, new Set([hook]));
}

export function commitHooksOf(tx: object): Set<Hook> | undefined {
  return hooks.get(sessionOf(tx));
}

export function runCommitHooks(committed: Set<Hook> | undefined): void {
  for (const hook of committed ?? []) hook();
}

function sessionOf(tx: object): object {
  const { session } = tx as { session?: object };
  if (!session) throw new Error("afterCommit needs the transaction that database.transaction gave");
  return session;
}

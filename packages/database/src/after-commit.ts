type Hook = () => void;
type Marks = { hooks: Set<Hook>; topics: Set<string> };

/** By drizzle's session, which a transaction shares with its savepoints. */
const marksBySession = new WeakMap<object, Marks>();

/**
 * Runs `hook` once the transaction has committed, and never if it is rolled back: for signals and caches. The same
 * function given twice runs once. It may be lost with the process.
 */
export function afterCommit(tx: object, hook: Hook): void {
  marksOf(tx).hooks.add(hook);
}

/** Tells those who called `database.onCommit(topic)` that what they wait for has been committed. */
export function announce(tx: object, topic: string): void {
  marksOf(tx).topics.add(topic);
}

export function marksOf(tx: object): Marks {
  const { session } = tx as { session?: object };
  if (!session) throw new Error("this is no transaction that database.transaction gave");
  let marks = marksBySession.get(session);
  if (!marks) {
    marks = { hooks: new Set(), topics: new Set() };
    marksBySession.set(session, marks);
  }
  return marks;
}

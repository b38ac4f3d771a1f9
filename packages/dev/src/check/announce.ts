const quietMs = 1_000;
const repeatMs = 30_000;

/** Says what is going on as soon as it takes longer than a second, and from time to time. Returns how to end it. */
export function announceWhileRunning(what: string): (outcome: string) => void {
  const begin = performance.now();
  const say = () => console.log(`...  ${what} (${Math.round((performance.now() - begin) / 1_000)} s)`);
  let repeating: NodeJS.Timeout | undefined;
  const first = setTimeout(() => {
    say();
    repeating = setInterval(say, repeatMs);
  }, quietMs);
  return (outcome) => {
    clearTimeout(first);
    clearInterval(repeating);
    console.log(outcome);
  };
}

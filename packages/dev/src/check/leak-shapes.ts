/** What no log line may hold, whoever wrote it (A04). Also of secrets that no test has thought of. */
export const leakShapes: [what: string, shape: RegExp][] = [
  ["a token", /eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/],
  ["an e-mail address", /[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}/],
  ["a password hash", /\$argon2/],
  ["a private key", /PRIVATE KEY/],
  ["the password of a connection", /:\/\/[^/\s":]+:[^@\s"]+@/],
];

export function leaksIn(line: string): string[] {
  return leakShapes.filter(([, shape]) => shape.test(line)).map(([what]) => what);
}

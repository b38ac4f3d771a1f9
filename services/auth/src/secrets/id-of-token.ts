/** Of `<id>.<keyed hash>`: what a token is about, by its own word. Whether that is true, its hash must show. */
export function idOfToken(token: string): string | undefined {
  return /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.[A-Za-z0-9_-]{43}$/.exec(token)?.[1];
}

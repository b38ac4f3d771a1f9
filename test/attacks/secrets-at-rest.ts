import { hash } from "node:crypto";
import type { System } from "@kismet/testing";
import type { Test } from "tap";
import { type Secrets, useEverything } from "./secrets-in-use.ts";
import { type Kept, readWholeStore } from "./whole-store.ts";

/** How a secret may be written down. */
function formsOf(secret: string): [form: string, text: string][] {
  const bytes = Buffer.from(secret);
  return [
    ["as it is", secret],
    ["in base64", bytes.toString("base64").replaceAll("=", "")],
    ["in base64url", bytes.toString("base64url")],
    ["in hex", bytes.toString("hex")],
    ["reversed", [...secret].reverse().join("")],
  ];
}

/** Six digits stand in many a timestamp: there only whole words count. */
function holds(text: string, form: string): boolean {
  if (!/^\d{6}$/.test(form)) return text.includes(form);
  return new RegExp(`(?<![\\w.-])${form}(?![\\w-])`).test(text);
}

export function findSecrets(kept: Kept[], secrets: Secrets): string[] {
  return [...secrets].flatMap(([what, secret]) =>
    formsOf(secret).flatMap(([form, text]) =>
      kept.filter((each) => holds(each.text, text)).map(({ where }) => `${what}, ${form}, in ${where}`),
    ),
  );
}

const unkeyed = ["sha256", "sha1", "md5"];

/** Digests that could be one of a guess: all that looks like as many bytes, in hex or base64, as hex. */
function digestsIn(kept: Kept[], algorithm: string): Set<string> {
  const bytes = hash(algorithm, "", "buffer").length;
  const letters = Math.ceil((bytes * 4) / 3);
  const inHex = new RegExp(`(?<![0-9a-f])[0-9a-f]{${bytes * 2}}(?![0-9a-f])`, "g");
  const inBase64 = new RegExp(`(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{${letters}}(?![A-Za-z0-9+/_-])`, "g");
  const found = new Set<string>();
  for (const { text } of kept) {
    for (const [hex] of text.matchAll(inHex)) found.add(hex);
    for (const [word] of text.matchAll(inBase64)) found.add(Buffer.from(word, "base64").toString("hex"));
  }
  return found;
}

/** Whoever has the dump can hash a million codes in a second, and every password that they think of. */
export function guessDigests(kept: Kept[], guesses: () => Iterable<string>): string[] {
  const found: string[] = [];
  for (const algorithm of unkeyed) {
    const digests = digestsIn(kept, algorithm);
    // Where nothing is as long, nothing has to be tried.
    if (digests.size === 0) continue;
    for (const guess of guesses())
      if (digests.has(hash(algorithm, guess, "hex"))) found.push(`${algorithm} of ${guess}`);
  }
  return found;
}

function* allCodes(): Iterable<string> {
  for (let i = 0; i < 1_000_000; i += 1) yield String(i).padStart(6, "0");
}

/** With what stands beside it, as a salt would. */
function* salted(kept: Kept[], secrets: Secrets): Iterable<string> {
  const ids = new Set(
    kept.flatMap(({ text }) => text.match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? []),
  );
  for (const secret of secrets.values()) yield secret;
  const guessable = [...secrets.values()].filter((secret) => secret.length < 20);
  for (const id of ids)
    for (const secret of guessable)
      yield* [`${id}${secret}`, `${secret}${id}`, `${id}:${secret}`, `${id}.${secret}`];
}

/** A17 Who steals everything that is stored has nothing that opens anything. */
export async function searchForSecrets(t: Test, system: System): Promise<void> {
  const secrets = await useEverything(system);
  for (const [what, secret] of secrets) t.ok(secret.length >= 6, `${what} is one`);
  const kept = await readWholeStore(system);
  const places = new Set(kept.map(({ where }) => where));
  t.comment(`${kept.length} rows, messages and keys in ${places.size} places, for ${secrets.size} secrets`);
  for (const place of ["auth.accounts", "auth.sessions", "auth.signing_keys", "auth.outbox", "redis"])
    t.ok(places.has(place), `${place} is searched`);
  t.ok(
    [...places].some((place) => place.startsWith("stream ")),
    "streams are searched",
  );
  t.same(findSecrets(kept, secrets), [], "none is there in any form");
  t.same(guessDigests(kept, allCodes), [], "no code is there as a hash that can be tried");
  // A key of 256 bits may be hashed without another key: nobody tries those.
  const short = new Map(
    [...secrets].filter(([what]) => !/API key|token|ticket|cookie|challenge|flow/.test(what)),
  );
  t.same(
    guessDigests(kept, () => salted(kept, short)),
    [],
    "nor anything that can be guessed",
  );

  const planted = [...secrets.values()].flatMap((secret) =>
    formsOf(secret).map(([, text]) => ({ where: "planted", text: `"${text}"` })),
  );
  t.equal(findSecrets(planted, secrets).length >= secrets.size * 5, true, "what is planted is found");
  const [code = ""] = [...secrets].filter(([what]) => what === "a sign-up code").map(([, value]) => value);
  const digest = hash("sha256", code, "base64url");
  t.same(guessDigests([{ where: "planted", text: `{"hash":"${digest}"}` }], allCodes), [`sha256 of ${code}`]);
}

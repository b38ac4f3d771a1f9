import fc from "fast-check";
import { nastyValue } from "./from-schema.ts";

/** A body and what it says it is. */
export type Body = { type: string; body: string | Buffer<ArrayBuffer> };

export const formType = "application/x-www-form-urlencoded";

function asText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/** As a page's form sends it. */
export function formOf(made: unknown): Body {
  const fields = typeof made === "object" && made !== null ? Object.entries(made) : [["made", made]];
  const pairs = fields.map(([name, value]): [string, string] => [String(name), asText(value).toWellFormed()]);
  return { type: formType, body: new URLSearchParams(pairs).toString() };
}

/** What parsers of forms have stumbled over: brackets, names twice or of objects' own, half an escape, no name. */
const strangeForms = [
  "",
  "&&&==&",
  "token=a&token=b",
  "token[]=a&token[x][y]=b",
  "__proto__[roles]=admin&constructor[prototype][roles]=admin",
  "token=%",
  "token=%zz&password=%e0%a4%a",
  "token=a%00b&password=%f0%9f%98",
  "token=a;password=b",
  `${"a=1&".repeat(900)}a=1`,
  `token=${"a".repeat(5_000)}`,
  `${"a".repeat(3_000)}=1`,
  "\u0000\u0001\u0002",
];
export const strangeForm: fc.Arbitrary<Body> = fc
  .oneof(
    fc.constantFrom(...strangeForms),
    fc.string({ unit: "binary", maxLength: 300 }),
    nastyValue.map(asText),
  )
  .map((body) => ({ type: formType, body: body.toWellFormed() }));

const boundary = "kismet-fuzz";
const part = (name: string, value: string, more = "") =>
  `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
const multipart = `multipart/form-data; boundary=${boundary}`;

/** What no route that takes JSON takes, and JSON that is none. */
export const otherBodies: Body[] = [
  { type: multipart, body: `${part("email", "a@mail.test")}${part("role", "admin")}--${boundary}--\r\n` },
  { type: multipart, body: part("file", "\u0000".repeat(500), '; filename="../../x.png"') },
  { type: "multipart/form-data", body: part("a", "1") },
  { type: multipart, body: `${`--${boundary}\r\n`.repeat(40)}` },
  { type: formType, body: "email=a@mail.test&password=abc&role=admin" },
  { type: "text/plain", body: "{}" },
  { type: "application/xml", body: '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>' },
  { type: "application/json; charset=utf-7", body: "+AHsAfQ-" },
  { type: "application/json", body: '{"a":' },
  { type: "application/json", body: "\ufeff{}" },
  { type: "application/json", body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]) },
  { type: "application/json", body: `${"[".repeat(900)}${"]".repeat(900)}` },
  { type: "application/json", body: `${'{"a":'.repeat(150)}1${"}".repeat(150)}` },
  { type: "application/json", body: '{"a":1e999,"a":2,"a":3}' },
];

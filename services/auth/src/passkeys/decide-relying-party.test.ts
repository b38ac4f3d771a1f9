import { test } from "tap";
import { faultOfOrigins, faultOfRpId } from "./decide-relying-party.ts";

test("A28 an origin that does not belong to the relying party is found", async (t) => {
  const table: [string, string, boolean, RegExp | undefined][] = [
    // id, origin, in production, fault
    ["kismet.example", "https://kismet.example", true, undefined],
    ["kismet.example", "https://app.kismet.example", true, undefined],
    ["kismet.example", `android:apk-key-hash:${"x".repeat(43)}`, true, undefined],
    ["localhost", "http://localhost:8080", false, undefined],
    ["localhost", "http://app.localhost:8080", false, undefined],
    ["kismet.example", "https://evilkismet.example", true, /does not belong/],
    ["kismet.example", "https://kismet.example.evil.example", true, /does not belong/],
    ["app.kismet.example", "https://kismet.example", true, /does not belong/],
    ["kismet.example", "http://kismet.example", true, /not https/],
    ["kismet.example", "http://kismet.example", false, /not https/],
    ["localhost", "http://localhost:8080", true, /not https/],
    ["kismet.example", "https://kismet.example/", true, /no origin/],
    ["kismet.example", "https://kismet.example/app", true, /no origin/],
    ["kismet.example", "https://KISMET.example", true, /no origin/],
    ["kismet.example", "kismet.example", true, /no origin/],
    ["kismet.example", "android:apk-key-hash:short", true, /no origin/],
    ["kismet.example", "javascript://kismet.example", false, /no origin|not https/],
  ];
  for (const [rpId, origin, production, fault] of table) {
    const found = faultOfOrigins({ rpId, origins: [origin], production });
    if (fault) t.match(found, fault, `${origin} of ${rpId}`);
    else t.equal(found, undefined, `${origin} of ${rpId}`);
  }
});

test("A28 a relying party is a domain", async (t) => {
  for (const rpId of [
    "127.0.0.1",
    "Kismet.example",
    "kismet.example:443",
    "https://kismet.example",
    "",
    "a..b",
  ])
    t.ok(faultOfRpId({ rpId, production: false }), rpId);
  t.equal(faultOfRpId({ rpId: "localhost", production: false }), undefined);
  t.ok(faultOfRpId({ rpId: "localhost", production: true }));
  t.equal(faultOfRpId({ rpId: "kismet.example", production: true }), undefined);
});

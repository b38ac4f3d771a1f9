import { test } from "tap";
import { decideEncoding, isKnown } from "./decide-encoding.ts";

test("A36 the encoding that the client likes best, never one that it refuses", async (t) => {
  const rows: [header: string | undefined, encoding: string | undefined][] = [
    [undefined, undefined],
    ["", undefined],
    ["gzip", "gzip"],
    ["x-gzip", "gzip"],
    ["gzip, deflate, br", "br"],
    ["gzip, deflate, br, zstd", "zstd"],
    ["GZIP;Q=1, br;q=0.9", "gzip"],
    ["zstd;q=0, br;q=0, gzip;q=0.1", "gzip"],
    ["gzip;q=0", undefined],
    ["deflate", undefined],
    ["*", "zstd"],
    ["*;q=0", undefined],
    ["*, zstd;q=0", "br"],
    ["identity", undefined],
    ["identity;q=0, gzip", "gzip"],
    ["identity;q=0", undefined],
    ["identity;q=1, gzip;q=0.5", undefined],
    ["gzip;q=much", undefined],
    ["gzip;q=2", undefined],
    [`${"x,".repeat(200)}gzip`, undefined],
  ];
  for (const [header, encoding] of rows) t.equal(decideEncoding(header), encoding, String(header));
});

test("a tag is known whatever its weakness, in a list, or as any", async (t) => {
  const tag = 'W/"abc"';
  for (const header of ['W/"abc"', '"abc"', '"x", W/"abc"', "*"]) t.ok(isKnown(header, tag), header);
  for (const header of [undefined, "", '"ab"', "abc", 'W/"ABC"'])
    t.notOk(isKnown(header, tag), String(header));
});

import { test } from "tap";
import { decideForm } from "./decide-form.ts";

const host = ["Host", "gateway"];

test("a request with one reading is let through", async (t) => {
  for (const target of [
    "/",
    "/v1/things",
    "/v1/things?a=%2e%2e/&b=|",
    "/v1/a%20b",
    "/v1/..a",
    "/v1/a~b-c_d.e",
    "/docs/",
  ])
    t.equal(decideForm("1.1", target, host), undefined, target);
  t.equal(decideForm("1.0", "/v1/things", []), undefined, "HTTP/1.0 has no host");
  for (const value of ["a.example", "a.example:8080", "127.0.0.1", "[::1]:80"])
    t.equal(decideForm("1.1", "/", ["Host", value]), undefined, value);
  t.equal(
    decideForm("1.1", "/", [...host, "Cookie", "a=1", "Cookie", "b=2"]),
    undefined,
    "some may come twice",
  );
});

test("a request with two readings, or none, is refused", async (t) => {
  const targets = [
    "",
    "*",
    "v1",
    "http://a/v1",
    "/a\\b",
    "/a%",
    "/a%2",
    "/%2e",
    "/.%2E/",
    "/a/../b",
    "/a%2Fb",
    "/a%5c",
    "/%00",
    "/%7f",
    "/%c0%af",
    "/a b",
    "/é",
    "/a#b",
    "/a^b",
  ];
  for (const target of targets) t.type(decideForm("1.1", target, host), "string", target);
  for (const version of ["0.9", "1.2", "2.0"]) t.type(decideForm(version, "/", host), "string", version);
  t.type(decideForm("1.1", "/", []), "string", "no host");
  for (const value of ["", "a b", "a/b", "a@b", "a:b", "a:123456", "[::1", "a\u00e9"])
    t.type(decideForm("1.1", "/", ["Host", value]), "string", value);
  for (const name of ["Host", "authorization", "ORIGIN", "X-Request-Id", "traceparent"])
    t.type(decideForm("1.1", "/", [...host, name, "a", name, "a"]), "string", `${name} twice`);
  for (const coding of ["gzip", "gzip, chunked", "identity", "chunked, chunked"])
    t.type(decideForm("1.1", "/", [...host, "Transfer-Encoding", coding]), "string", coding);
  t.type(decideForm("1.0", "/", [...host, "Transfer-Encoding", "chunked"]), "string");
});

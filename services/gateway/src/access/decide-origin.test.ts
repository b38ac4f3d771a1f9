import { test } from "tap";
import { decideOrigin, type Provenance } from "./decide-origin.ts";

const listed = new Set(["https://app.kismet.example"]);
const app = "https://app.kismet.example";
const evil = "https://evil.example";
const nothing: Provenance = {
  production: true,
  origin: undefined,
  fetchSite: undefined,
  safe: false,
  hasCookie: false,
  hasBearer: false,
  hasClientKey: false,
  websocket: false,
  hasTicket: false,
  webhook: false,
  crossSite: false,
  page: undefined,
  ownOrigin: false,
};
const good = true;
const bad = false;

test("A03 origin x credential x environment", async (t) => {
  const table: [string, Partial<Provenance>, boolean, boolean][] = [
    // what, from, in production, in development
    ["listed origin", { origin: app }, good, good],
    [
      "listed origin, cookie, same site",
      { origin: app, hasCookie: true, fetchSite: "same-site" },
      good,
      good,
    ],
    [
      "listed origin, cookie, cross site",
      { origin: app, hasCookie: true, fetchSite: "cross-site" },
      bad,
      bad,
    ],
    ["listed origin, WebSocket", { origin: app, websocket: true, hasTicket: true }, good, good],
    ["other origin", { origin: evil }, bad, bad],
    ["other origin, token", { origin: evil, hasBearer: true }, bad, bad],
    ["other origin, client key", { origin: evil, hasClientKey: true }, bad, bad],
    ["other origin, WebSocket with ticket", { origin: evil, websocket: true, hasTicket: true }, bad, bad],
    ["opaque origin", { origin: "null" }, bad, bad],
    ["listed origin with another case", { origin: app.toUpperCase() }, bad, bad],
    ["listed origin as a prefix", { origin: `${app}.evil.example` }, bad, bad],
    ["our own page", { origin: "http://127.0.0.1:8080", fetchSite: "same-origin" }, good, good],
    ["our own page, WebSocket", { origin: evil, fetchSite: "same-origin", websocket: true }, bad, bad],
    ["no origin", {}, bad, good],
    ["no origin, cookie", { hasCookie: true }, bad, good],
    ["no origin, cookie, cross site", { hasCookie: true, fetchSite: "cross-site" }, bad, bad],
    [
      "no origin, cookie and token, cross site",
      { hasCookie: true, hasBearer: true, fetchSite: "cross-site" },
      bad,
      bad,
    ],
    ["no origin, our own page reads", { safe: true, fetchSite: "same-origin" }, good, good],
    [
      "no origin, our own page reads, cookie",
      { safe: true, fetchSite: "same-origin", hasCookie: true },
      good,
      good,
    ],
    ["no origin, our own page changes", { fetchSite: "same-origin", hasCookie: true }, bad, good],
    ["no origin, a sibling reads", { safe: true, fetchSite: "same-site", hasCookie: true }, bad, good],
    ["no origin, an old browser reads", { safe: true, hasCookie: true }, bad, good],
    ["no origin, typed in", { safe: true, fetchSite: "none" }, bad, good],
    ["no origin, another site reads", { safe: true, fetchSite: "cross-site", hasCookie: true }, bad, bad],
    ["no origin, our own WebSocket", { safe: true, fetchSite: "same-origin", websocket: true }, bad, good],
    ["no origin, token", { hasBearer: true }, good, good],
    ["no origin, client key", { hasClientKey: true }, good, good],
    ["no origin, WebSocket", { websocket: true }, bad, good],
    ["no origin, WebSocket with token", { websocket: true, hasBearer: true }, good, good],
    ["no origin, WebSocket with ticket", { websocket: true, hasTicket: true }, good, good],
    ["no origin, ticket without WebSocket", { hasTicket: true }, bad, good],
    ["other origin, to where other sites send browsers", { origin: evil, crossSite: true }, good, good],
    [
      "no origin, cookie, cross site, to there",
      { hasCookie: true, fetchSite: "cross-site", crossSite: true },
      good,
      good,
    ],
    ["no origin, webhook", { webhook: true }, good, good],
    ["a page, by a link in a mail", { page: "opened" }, good, good],
    [
      "a page, by a link of another site, cookies",
      { page: "opened", fetchSite: "cross-site", hasCookie: true },
      good,
      good,
    ],
    ["a page's form", { page: "sent", origin: "null", fetchSite: "same-origin" }, good, good],
    ["a page's form, with its origin", { page: "sent", origin: evil, ownOrigin: true }, good, good],
    ["a page's form, by a browser that says little", { page: "sent", origin: "null" }, good, good],
    ["a form of another site", { page: "sent", origin: evil, fetchSite: "cross-site" }, bad, bad],
    [
      "a form of another site that hides itself",
      { page: "sent", origin: "null", fetchSite: "cross-site" },
      bad,
      bad,
    ],
    ["a form of a sibling", { page: "sent", origin: app, fetchSite: "same-site" }, bad, bad],
    ["a form of a listed origin", { page: "sent", origin: app }, bad, bad],
  ];
  for (const [what, from, production, development] of table) {
    t.equal(decideOrigin({ ...nothing, ...from }, listed) === undefined, production, `production: ${what}`);
    const elsewhere = decideOrigin({ ...nothing, ...from, production: false }, listed);
    t.equal(elsewhere === undefined, development, `development: ${what}`);
  }
});

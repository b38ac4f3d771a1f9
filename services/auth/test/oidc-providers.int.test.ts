import assert from "node:assert/strict";
import { eventually } from "@kismet/testing";
import t from "tap";
import { patience, startAuth } from "./auth-world.ts";
import { begin, comeBack, finish, refused, startOidc, TestProvider } from "./oidc-world.ts";

const { world, mail, google, apple, settings, auth, newGoogleMember } = await startOidc(t);

await t.test(
  "A09 A25 a provider that is slow or down is a typed error, in time, and is left alone",
  async (t) => {
    const unavailable = { status: 503, body: { code: "AUTH_PROVIDER_UNAVAILABLE" } };
    const { login } = await newGoogleMember();
    const late = await comeBack(auth, google, login);
    google.behaviour = "silent";
    const started = performance.now();
    t.match(await finish(auth, google, late, {}, { "x-deadline-ms": "1500" }), { status: /50[34]/ });
    t.ok(performance.now() - started < 2_500);
    google.behaviour = "failing";
    const asked = google.asked.length;
    const fresh = await startAuth(t, world, mail, settings);
    for (let i = 0; i < 8; i += 1) t.match(await begin(fresh, google), unavailable);
    t.ok(google.asked.length - asked < 8, "the breaker has opened");
    t.match(await begin(fresh, apple), { status: 200 }, "another provider goes on");
    google.behaviour = "good";
    await eventually(async () => assert.equal((await begin(fresh, google)).status, 200), patience);
  },
);

await t.test("a provider is asked at its own hosts only, and redirects are not followed", async (t) => {
  const { login } = await newGoogleMember();
  const came = await comeBack(auth, google, login);
  google.behaviour = "redirecting";
  t.match(await finish(auth, google, came), { status: 503, body: { code: "AUTH_PROVIDER_UNAVAILABLE" } });
  t.equal(google.timesAsked("/elsewhere"), 0);
  google.behaviour = "good";
  google.tamper = (path, body) => (path === "/token" ? { ...body, more: "x".repeat(300_000) } : body);
  t.match(
    await finish(auth, google, await comeBack(auth, google, login)),
    { status: 503, body: { code: "AUTH_PROVIDER_UNAVAILABLE" } },
    "an answer without end",
  );
  const inside = await TestProvider.start(t, "development");
  google.tamper = (path, body) =>
    path.endsWith("openid-configuration") ? { ...body, token_endpoint: `${inside.issuer}/token` } : body;
  const misled = await startAuth(t, world, mail, settings);
  t.match(await finish(misled, google, await comeBack(misled, google, login)), refused);
  t.same(inside.asked, []);
  google.tamper = (path, body) =>
    path.endsWith("openid-configuration") ? { ...body, issuer: inside.issuer } : body;
  t.match(
    await begin(await startAuth(t, world, mail, settings), google),
    refused,
    "metadata of another issuer",
  );
  google.tamper = undefined;
});

await t.test(
  "A11 A45 a provider gets the ids of request and trace, and nothing of the member's",
  async (t) => {
    const { login } = await newGoogleMember();
    const came = await comeBack(auth, google, login);
    google.asked = [];
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const headers = { "x-request-id": "oidc-request-1", traceparent, authorization: "Bearer x.y.z" };
    t.equal((await finish(auth, google, came, {}, headers)).status, 200);
    const [request] = google.asked.filter(({ path }) => path === "/token");
    t.match(request?.headers, {
      "x-request-id": "oidc-request-1",
      traceparent: /0af7651916cd43dd8448eb211c80319c/,
    });
    t.equal(request?.headers.authorization, undefined);
    t.equal(request?.headers["x-deadline-ms"], undefined);
  },
);

await t.test(
  "A10 A28 half a provider, a placeholder, or a provider of a laptop stops the start in production",
  async (t) => {
    const start = (change: object) => startAuth(t, world, mail, { ...settings, ...change });
    await t.rejects(
      start({ googleClientSecret: undefined }),
      /KISMET_GOOGLE_CLIENT_SECRET is missing beside/,
    );
    await t.rejects(start({ appleKeyId: undefined }), /KISMET_APPLE_KEY_ID is missing beside/);
    await t.rejects(
      start({ googleIssuer: "http://accounts.example" }),
      /KISMET_GOOGLE_ISSUER must begin with https/,
    );
    const production = {
      env: "production",
      publicUrl: "https://api.kismet.app",
      passkeyRpId: "kismet.app",
      passkeyOrigins: "https://kismet.app",
      googleIssuer: "https://accounts.google.com",
      appleIssuer: "https://appleid.apple.com",
    };
    await t.rejects(
      start({ ...production, googleClientSecret: "change-me-change-me-change-me" }),
      /KISMET_GOOGLE_CLIENT_SECRET is a placeholder/,
    );
    const development = { oidcDevelopmentIssuer: "https://dev.kismet.app", oidcDevelopmentClientId: "x" };
    await t.rejects(
      start({
        ...production,
        ...development,
        oidcDevelopmentClientSecret: "zq8Tn3vLx0Zr5Kc7Wd2Hs9Yb4Mf6Gj1Pa",
        databaseUrl: "postgres://kismet_auth:pK8vW2nRq7ZtYc4m@db.internal:5432/kismet",
        natsUrl: "nats://kismet:pK8vW2nRq7ZtYc4m@bus.internal:4222",
        smtpUrl: "smtps://kismet:pK8vW2nRq7ZtYc4m@mail.internal",
      }),
      /KISMET_OIDC_DEVELOPMENT_ISSUER is for development only/,
    );
  },
);

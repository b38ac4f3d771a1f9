import assert from "node:assert/strict";
import { createWorld, eventually, startPrivateServers } from "@kismet/testing";
import t from "tap";
import { call, logIn, newMember, patience, refresh, startAuth, startMail } from "./auth-world.ts";

t.setTimeout(120_000);

const { servers, nats } = await startPrivateServers(t);
const [world, mail] = await Promise.all([createWorld(t, { servers, realAuth: true }), startMail(t)]);
const [one, two] = [await startAuth(t, world, mail), await startAuth(t, world, mail)];

await t.test(
  "A02 with NATS away a session that ends is refused its refresh at once, and no other",
  async (t) => {
    const { email, session } = await newMember(one, mail);
    const other = (await logIn(two, email)).body;
    const token = session.accessToken;
    t.equal((await call(one, "GET", "/v1/auth/sessions", { token })).status, 200);
    await nats.kill();
    await eventually(async () => assert.equal((await fetch(`${one.opsUrl}/readyz`)).status, 503), patience);

    t.equal((await call(one, "DELETE", `/v1/auth/sessions/${other.sessionId}`, { token })).status, 204);
    const refused = await refresh(two, other.refreshToken);
    t.equal(
      refused.status,
      401,
      "the other instance, which has heard of nothing, looks at the session itself",
    );
    const { status, body } = await refresh(two, session.refreshToken);
    t.equal(status, 200);
    t.equal((await logIn(two, email)).status, 200);

    await nats.start();
    await eventually(async () => {
      const answer = await call(two, "GET", "/v1/auth/sessions", { token: other.accessToken });
      assert.equal(answer.status, 401);
    }, patience);
    t.equal((await call(two, "GET", "/v1/auth/sessions", { token: body.accessToken })).status, 200);
  },
);

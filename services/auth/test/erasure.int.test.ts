import assert from "node:assert/strict";
import { createDatabase } from "@kismet/database";
import { createParts, loadConfig } from "@kismet/service-kit";
import { createWorld, environmentOf, eventually, MovedClock } from "@kismet/testing";
import t from "tap";
import { Config } from "../src/config.ts";
import { liftLegalHolds, placeLegalHold } from "../src/erasure/legal-holds.ts";
import * as schema from "../src/schema.ts";
import { authSettings, call, newMember, patience, startAuth, startMail } from "./auth-world.ts";

t.setTimeout(60_000);
const dayMs = 86_400_000;

await t.test(
  "a legal hold keeps a deleted member until it is lifted; what has begun is not taken back",
  async (t) => {
    const world = await createWorld(t, { realAuth: true });
    const mail = await startMail(t);
    const clock = new MovedClock();
    const auth = await startAuth(t, world, mail, { clock });
    const parts = createParts("auth", loadConfig(Config, environmentOf(Config, authSettings(world, mail))), {
      clock,
    });
    const database = createDatabase(parts, schema);
    await parts.lifecycle.start();
    t.teardown(() => parts.lifecycle.stop());
    const deps = { database, clock };
    const erasures = () => world.sql<{ member_id: string }>("SELECT member_id FROM auth.erasures");

    const { session } = await newMember(auth, mail);
    const { memberId, accessToken: token } = session;
    const deleted = await call<{ subscription: { status: string } }>(auth, "DELETE", "/v1/auth/me", {
      token,
    });
    t.equal(deleted.status, 202, "billing is away, and the member is hidden all the same");
    t.equal(
      deleted.body.subscription.status,
      "unknown",
      "but told that nobody could ask for the subscription",
    );
    await placeLegalHold(deps, { memberId, reason: "case 7", by: "operator" });
    const other = await newMember(auth, mail);
    await call(auth, "DELETE", "/v1/auth/me", { token: other.session.accessToken });
    clock.move(14 * dayMs + 60_000);
    await eventually(async () => assert.equal((await erasures()).length, 1), patience);
    t.equal((await erasures())[0]?.member_id, other.session.memberId, "who is held back is not erased");
    await t.rejects(
      placeLegalHold(deps, { memberId: other.session.memberId, reason: "too late", by: "operator" }),
      { code: "AUTH_ERASURE_BEGUN" },
    );
    t.equal(await liftLegalHolds(deps, { memberId, by: "operator" }), 1);
    await eventually(async () => assert.equal((await erasures()).length, 2), patience);
  },
);

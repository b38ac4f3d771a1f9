import t, { test } from "tap";
import { birthDate, Client, createProfileWorld, eventsOf, mara, startProfile } from "./profile-world.ts";

// Of a busy machine.
t.setTimeout(120_000);

test("a profile is made, replaced, merged, and told in order", async (t) => {
  const world = await createProfileWorld(t);
  const { url } = await startProfile(t, world);
  const me = new Client(world, url);

  await t.test("before there is one, nothing of it can be read or changed", async (t) => {
    const preferences = { showMe: ["man"], minAge: 18, maxAge: 30, maxDistanceKm: null };
    for (const [method, path, body] of [
      ["GET", "/v1/profile", undefined],
      ["PATCH", "/v1/profile", {}],
      ["GET", "/v1/profile/preferences", undefined],
      ["PUT", "/v1/profile/preferences", preferences],
      ["PUT", "/v1/profile/location", { latitude: 1, longitude: 1 }],
    ] as const) {
      t.match(await me.send(method, path, body), { status: 404, body: { code: "PROFILE_NOT_FOUND" } });
    }
  });

  await t.test("the first PUT makes it, with the birth date that auth has checked", async (t) => {
    const { status, body } = await me.put("/v1/profile", { ...mara, bio: "Hi", languages: ["de", "en"] });
    t.equal(status, 200);
    t.match(body, {
      memberId: me.memberId,
      firstName: "Mara",
      birthDate,
      bio: "Hi",
      languages: ["de", "en"],
      interests: [],
      hidden: [],
      completeness: 15,
      hasLocation: false,
      timeZone: "UTC",
      version: 1,
    });
    t.notOk("job" in body, "what is not stated is not there");
    t.same((await me.get("/v1/profile")).body, body);
    t.match((await me.get("/v1/profile/preferences")).body, { minAge: 21, maxDistanceKm: 50 });
  });

  await t.test("a PUT replaces all, a PATCH merges, null removes", async (t) => {
    const replaced = await me.put("/v1/profile", { ...mara, job: "Baker", interests: ["chess"] });
    t.match(replaced.body, { job: "Baker", interests: ["chess"], version: 2 });
    t.notOk("bio" in replaced.body || "languages" in replaced.body);
    const merged = await me.send("PATCH", "/v1/profile", { job: null, heightCm: 171, interests: null });
    t.match(merged.body, { heightCm: 171, interests: [], firstName: "Mara", version: 3 });
    t.notOk("job" in merged.body);
  });

  await t.test("what changes nothing has no version and no event", async (t) => {
    const { body: before } = await me.get("/v1/profile");
    t.same((await me.put("/v1/profile", { ...mara, heightCm: 171 })).body, before);
    t.same((await me.send("PATCH", "/v1/profile", {})).body, before);
    t.same((await me.send("PATCH", "/v1/profile", { job: " \u0000 ", bio: null })).body, before);
    const preferences = (await me.get("/v1/profile/preferences")).body;
    t.equal((await me.put("/v1/profile/preferences", preferences)).status, 200);
    const told = await eventsOf(world, me.memberId);
    t.same(
      told.map(({ payload }) => payload.version),
      [1, 2, 3],
    );
  });

  await t.test("what is hidden is in the own profile only", async (t) => {
    const fields = {
      heightCm: 171,
      religion: "sikh",
      interests: ["tea"],
      prompts: [{ promptId: "green_flags", answer: "x" }],
    };
    const { body } = await me.put("/v1/profile", {
      ...mara,
      ...fields,
      smoking: "never",
      hidden: Object.keys(fields),
    });
    t.match(body, fields);
    const card = (await me.get(`/v1/profiles/${me.memberId}`)).body;
    t.same(card, {
      memberId: me.memberId,
      firstName: "Mara",
      age: body["age"],
      gender: "woman",
      interests: [],
      smoking: "never",
    });
    const last = (await eventsOf(world, me.memberId)).at(-1)?.payload;
    t.match(last, { heightCm: null, interests: [], attributes: { smoking: "never" } });
    t.same(Object.keys(last?.attributes ?? {}), ["smoking"]);
  });

  await t.test(
    "A05 A44 what the schema does not know or bound is refused, and changes nothing",
    async (t) => {
      const { body: before } = await me.get("/v1/profile");
      const table: [method: string, path: string, body: unknown, where: string][] = [
        ["PUT", "/v1/profile", { ...mara, birthDate: "1999-01-01" }, "body"],
        ["PUT", "/v1/profile", { ...mara, memberId: me.memberId }, "body"],
        ["PUT", "/v1/profile", { gender: "woman" }, "body"],
        ["PUT", "/v1/profile", { ...mara, gender: "x" }, "body/gender"],
        ["PUT", "/v1/profile", { ...mara, bio: "x".repeat(501) }, "body/bio"],
        ["PUT", "/v1/profile", { ...mara, firstName: "\u0000" }, "body/firstName"],
        ["PUT", "/v1/profile", { ...mara, interests: ["chess", "chess"] }, "body/interests"],
        ["PUT", "/v1/profile", { ...mara, hidden: ["firstName"] }, "body/hidden/0"],
        ["PATCH", "/v1/profile", { firstName: null }, "body/firstName"],
        ["PATCH", "/v1/profile", { version: 9 }, "body"],
        ["PATCH", "/v1/profile", { heightCm: 171.5 }, "body/heightCm"],
        ["PATCH", "/v1/profile", { prompts: [{ promptId: "nope", answer: "a" }] }, "body/prompts"],
        [
          "PUT",
          "/v1/profile/preferences",
          { showMe: [], minAge: 18, maxAge: 20, maxDistanceKm: 1 },
          "body/showMe",
        ],
        [
          "PUT",
          "/v1/profile/preferences",
          { showMe: ["man"], minAge: 17, maxAge: 20, maxDistanceKm: 1 },
          "body/minAge",
        ],
        [
          "PUT",
          "/v1/profile/preferences",
          { showMe: ["man"], minAge: 30, maxAge: 20, maxDistanceKm: 1 },
          "body/maxAge",
        ],
        ["PUT", "/v1/profile/preferences", { showMe: ["man"], minAge: 18, maxAge: 20 }, "body"],
        [
          "PUT",
          "/v1/profile/preferences",
          {
            showMe: ["man"],
            minAge: 18,
            maxAge: 20,
            maxDistanceKm: 5,
            dealBreakers: { minHeightCm: 180, maxHeightCm: 170 },
          },
          "body/dealBreakers/maxHeightCm",
        ],
        ["GET", "/v1/profile?x=1", undefined, "query"],
      ];
      for (const [method, path, body, where] of table) {
        const { status, body: problem } = await me.send(method, path, body);
        const name = `${method} ${path} ${JSON.stringify(body)?.slice(0, 60)}`;
        t.equal(status, 400, name);
        t.equal(problem["code"], "VALIDATION_FAILED", name);
        t.match((problem["errors"] as { path: string }[])[0]?.path, new RegExp(`^${where}`), name);
      }
      t.same((await me.get("/v1/profile")).body, before);
    },
  );

  await t.test("A20 texts are kept as written but for what deceives, and come out as they are", async (t) => {
    const bio = "<script>alert(1)</script> I <3 you & me";
    const { body } = await me.send("PATCH", "/v1/profile", {
      bio: `  \u202e${bio}\u0007\u0000 `,
      firstName: "Zoe\u0308",
    });
    t.match(body, { bio, firstName: "Zo\u00eb" });
    t.match((await me.get(`/v1/profiles/${me.memberId}`)).body, { bio, firstName: "Zo\u00eb" });
  });

  await t.test("preferences are told with their profile", async (t) => {
    const preferences = {
      showMe: ["man", "nonbinary"],
      minAge: 25,
      maxAge: 40,
      maxDistanceKm: null,
      dealBreakers: { relationshipGoal: ["long_term"] },
    };
    t.same((await me.put("/v1/profile/preferences", preferences)).body, preferences);
    t.same((await me.get("/v1/profile/preferences")).body, preferences);
    t.same((await eventsOf(world, me.memberId)).at(-1)?.payload.preferences, preferences);
  });
});

test("edits at the same time all happen, one after the other, through two instances", async (t) => {
  const world = await createProfileWorld(t);
  const instances = await Promise.all([startProfile(t, world), startProfile(t, world)]);
  const at = (i: number, memberId: string) => new Client(world, instances[i % 2]?.url ?? "", memberId);
  const { memberId } = at(0, new Client(world, "").memberId);

  const firsts = await Promise.all(
    Array.from({ length: 20 }, (_, i) => at(i, memberId).put("/v1/profile", { ...mara, heightCm: 150 + i })),
  );
  t.ok(firsts.every(({ status }) => status === 200));
  t.same(versionsOf(firsts), numbers(1, 20), "one of them has made the profile, the others have changed it");

  const patches = await Promise.all(
    Array.from({ length: 40 }, (_, i) => {
      const patch = i % 2 === 0 ? { bio: `bio ${i}` } : { job: `job ${i}` };
      return at(i >> 1, memberId).send("PATCH", "/v1/profile", patch);
    }),
  );
  t.same(versionsOf(patches), numbers(21, 60), "each is a version of its own");

  const told = await eventsOf(world, memberId);
  t.same(
    told.map(({ payload }) => payload.version),
    numbers(1, 60),
    "and is told once, in order",
  );
  const { body } = await at(0, memberId).get("/v1/profile");
  t.match(body, { version: 60, bio: told.at(-1)?.payload.bio, job: told.at(-1)?.payload.job });
  t.ok(body["bio"] && body["job"], "no edit has undone one of another field");
});

test("without auth the first PUT fails in time and in writing, and works later", async (t) => {
  const world = await createProfileWorld(t);
  const { url } = await startProfile(t, world);
  const known = new Client(world, url);
  t.equal((await known.put("/v1/profile", mara)).status, 200);
  await world.auth.stop();

  const me = new Client(world, url);
  const startedAt = Date.now();
  const { status, body } = await me.put("/v1/profile", mara);
  t.ok([503, 504].includes(status), `answers ${status}`);
  t.match(body["code"], /^(UNAVAILABLE|DEADLINE_EXCEEDED)$/);
  t.ok(Date.now() - startedAt < 6_500, "within the time of the route");
  t.equal((await me.get("/v1/profile")).status, 404, "nothing was written");
  t.equal((await known.send("PATCH", "/v1/profile", { bio: "b" })).status, 200, "others need no auth");

  await world.startAuth();
  const later = await me.put("/v1/profile", mara);
  t.match(later, { status: 200, body: { birthDate, version: 1 } });
});

function versionsOf(answers: { body: Record<string, unknown> }[]): number[] {
  return answers.map(({ body }) => Number(body["version"])).sort((a, b) => a - b);
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

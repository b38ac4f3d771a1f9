import type { Bus } from "@kismet/bus";
import { OwnProfile, ProfilePatch, ProfileRequest } from "@kismet/contracts";
import type { App, Clock } from "@kismet/service-kit";
import type { ProfileDatabase } from "../storage.ts";
import { changeProfile } from "./change-profile.ts";
import { decideMerge } from "./decide-fields.ts";
import { ownProfileOf } from "./own-profile.ts";
import { ProfileNotFound } from "./profile-errors.ts";
import { findProfile } from "./profile-repository.ts";
import { putProfile } from "./put-profile.ts";

/** The longest texts that the schema lets through, each character escaped. */
const bodyLimit = 20_480;
const tags = ["profile"];

export function registerProfileRoutes(
  app: App,
  deps: { database: ProfileDatabase; bus: Bus; clock: Clock },
): void {
  const { database, clock } = deps;

  app.route({
    method: "GET",
    url: "/v1/profile",
    schema: { summary: "My profile, hidden fields included", tags, response: { 200: OwnProfile } },
    config: {
      policy: { auth: "member", limit: "read", bodyLimit: 1_024, timeoutMs: 3_000, idempotent: true },
    },
    handler: async ({ member }) => {
      const profile = await findProfile(database.read, member.memberId);
      if (!profile) throw new ProfileNotFound();
      return ownProfileOf(profile, clock.now());
    },
  });

  app.route({
    method: "PUT",
    url: "/v1/profile",
    schema: {
      summary: "Make my profile, or replace all of it",
      tags,
      body: ProfileRequest,
      response: { 200: OwnProfile },
    },
    // The first one asks auth.
    config: { policy: { auth: "member", limit: "write", bodyLimit, timeoutMs: 6_000, idempotent: true } },
    handler: async ({ member, body }) =>
      ownProfileOf(await putProfile(deps, member.memberId, body), clock.now()),
  });

  app.route({
    method: "PATCH",
    url: "/v1/profile",
    schema: {
      summary: "Change some fields of my profile; null removes an optional one",
      tags,
      body: ProfilePatch,
      response: { 200: OwnProfile },
    },
    config: { policy: { auth: "member", limit: "write", bodyLimit, timeoutMs: 5_000, idempotent: true } },
    handler: async ({ member, body }) => {
      const fields = decideMerge(body);
      const now = clock.now();
      const profile = await database.transaction((tx) =>
        changeProfile(tx, member.memberId, now, () => fields),
      );
      return ownProfileOf(profile, now);
    },
  });
}

import { Preferences } from "@kismet/contracts";
import type { App, Clock } from "@kismet/service-kit";
import { changeProfile } from "../profile/change-profile.ts";
import { ProfileNotFound } from "../profile/profile-errors.ts";
import { findProfile } from "../profile/profile-repository.ts";
import type { ProfileDatabase } from "../storage.ts";
import { decidePreferences } from "./decide-preferences.ts";

const tags = ["profile"];

export function registerPreferencesRoutes(app: App, deps: { database: ProfileDatabase; clock: Clock }): void {
  const { database, clock } = deps;

  app.route({
    method: "GET",
    url: "/v1/profile/preferences",
    schema: { summary: "Whom I want to see", tags, response: { 200: Preferences } },
    config: {
      policy: { auth: "member", limit: "read", bodyLimit: 1_024, timeoutMs: 3_000, idempotent: true },
    },
    handler: async ({ member }) => {
      const profile = await findProfile(database.read, member.memberId);
      if (!profile) throw new ProfileNotFound();
      return profile.preferences;
    },
  });

  app.route({
    method: "PUT",
    url: "/v1/profile/preferences",
    schema: {
      summary: "Say whom I want to see, and so who sees me",
      tags,
      body: Preferences,
      response: { 200: Preferences },
    },
    config: {
      policy: { auth: "member", limit: "write", bodyLimit: 4_096, timeoutMs: 5_000, idempotent: true },
    },
    handler: async ({ member, body }) => {
      const preferences = decidePreferences(body);
      const profile = await database.transaction((tx) =>
        changeProfile(tx, member.memberId, clock.now(), () => ({ preferences })),
      );
      return profile.preferences;
    },
  });
}

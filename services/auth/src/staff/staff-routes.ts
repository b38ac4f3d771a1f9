import {
  AppealDecision,
  AppealList,
  AppealParams,
  AuditList,
  AuditQuery,
  Empty,
  MemberParams,
  MemberSessionParams,
  PageQuery,
  RolesRequest,
  StaffMember,
  StaffSessionList,
  StandingChange,
} from "@kismet/contracts";
import type { Audit } from "@kismet/database";
import { type App, cursorOf, idOf, NotFound } from "@kismet/service-kit";
import { findAccount } from "../accounts/accounts-repository.ts";
import { endSessionsOf } from "../sessions/end-sessions-of.ts";
import { listRunning } from "../sessions/sessions-repository.ts";
import { hearAppeal } from "../standing/appeal.ts";
import { changeStanding, type StandingDeps } from "../standing/restrict-account.ts";
import {
  listOpenAppeals,
  listRestrictions,
  type StoredRestriction,
} from "../standing/standing-repository.ts";
import { staffChanging, staffReading } from "../route-policies.ts";
import { readAudit } from "./read-audit.ts";
import { setRoles } from "./set-roles.ts";

const tags = ["staff"];
/** Statements and reasons are longer than what else staff says. */
const staff = { ...staffChanging, bodyLimit: 16_384 } as const;
const listLimit = 100;

export type StaffDeps = StandingDeps & { audit: Audit };

/** What staff does to accounts. The kit records each use with the member whom it was about. */
export function registerStaffRoutes(app: App, deps: StaffDeps): void {
  serveMembers(app, deps);
  serveSessions(app, deps);
  serveAppeals(app, deps);
  serveAudit(app, deps);
}

function serveMembers(app: App, deps: StaffDeps): void {
  app.route({
    method: "GET",
    url: "/v1/admin/members/:id",
    schema: { summary: "A member's account", tags, params: MemberParams, response: { 200: StaffMember } },
    config: { policy: { ...staffReading, roles: ["moderator", "support", "admin"] } },
    handler: async ({ params }) => staffMember(deps, params.id),
  });

  app.route({
    method: "POST",
    url: "/v1/admin/members/:id/status",
    schema: {
      summary: "Suspend, ban, or lift it",
      tags,
      params: MemberParams,
      body: StandingChange,
      response: { 200: StaffMember },
    },
    config: { policy: { ...staff, roles: ["moderator", "admin"] } },
    handler: async ({ params: { id }, body, member }) => {
      const by = { memberId: member.memberId, isAdmin: member.roles.includes("admin") };
      await changeStanding(deps, id, body, by);
      return staffMember(deps, id);
    },
  });

  app.route({
    method: "PUT",
    url: "/v1/admin/members/:id/roles",
    schema: {
      summary: "Make somebody staff, or no longer",
      tags,
      params: MemberParams,
      body: RolesRequest,
      response: { 200: StaffMember },
    },
    config: { policy: { ...staff, roles: ["admin"], idempotent: true } },
    handler: async ({ params: { id }, body, member }) => {
      await setRoles(deps, id, body.roles, member.memberId);
      return staffMember(deps, id);
    },
  });
}

function serveSessions(app: App, deps: StaffDeps): void {
  app.route({
    method: "GET",
    url: "/v1/admin/members/:id/sessions",
    schema: {
      summary: "Where a member is signed in",
      tags,
      params: MemberParams,
      response: { 200: StaffSessionList },
    },
    config: { policy: { ...staffReading, roles: ["support", "admin"] } },
    handler: async ({ params }) => {
      const running = await listRunning(deps.database.read, params.id, deps.clock.now(), listLimit);
      const items = running.map(({ id, place, methods, createdAt, rotatedAt }) => ({
        id,
        place,
        methods,
        createdAt: createdAt.toISOString(),
        lastSeenAt: rotatedAt.toISOString(),
      }));
      return { items, nextCursor: null };
    },
  });

  app.route({
    method: "DELETE",
    url: "/v1/admin/members/:id/sessions",
    schema: {
      summary: "Sign a member out everywhere",
      tags,
      params: MemberParams,
      response: { 204: Empty },
    },
    config: { policy: { ...staff, bodyLimit: 1_024, roles: ["support", "admin"], idempotent: true } },
    handler: async ({ params }, reply) => {
      await endSessionsOf(deps, params.id);
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "DELETE",
    url: "/v1/admin/members/:id/sessions/:sessionId",
    schema: {
      summary: "Sign a member out on one device",
      tags,
      params: MemberSessionParams,
      response: { 204: Empty },
    },
    config: { policy: { ...staff, bodyLimit: 1_024, roles: ["support", "admin"], idempotent: true } },
    handler: async ({ params: { id, sessionId } }, reply) => {
      if ((await endSessionsOf(deps, id, sessionId)).length === 0) throw new NotFound();
      return reply.code(204).send(null);
    },
  });
}

function serveAppeals(app: App, deps: StaffDeps): void {
  app.route({
    method: "GET",
    url: "/v1/admin/appeals",
    schema: {
      summary: "Appeals that wait, oldest first",
      tags,
      querystring: PageQuery,
      response: { 200: AppealList },
    },
    config: {
      policy: { ...staffReading, roles: ["moderator", "admin"] },
      membersIn: ({ items }: AppealList) => items.map(({ memberId }) => memberId),
    },
    handler: async ({ query: { limit = 20, cursor }, member }) => {
      const after = cursor === undefined ? undefined : idOf(cursor);
      const rows = await listOpenAppeals(deps.database.read, after, limit + 1);
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      const items = rows.slice(0, limit).map(({ appeal, restriction, makers }) => ({
        id: appeal.id,
        memberId: appeal.memberId,
        text: appeal.text,
        madeAt: appeal.madeAt.toISOString(),
        restriction: madeRestriction(restriction),
        ownDecision: makers.includes(member.memberId),
      }));
      return { items, nextCursor: last ? cursorOf(last.appeal.id) : null };
    },
  });

  app.route({
    method: "POST",
    url: "/v1/admin/appeals/:id/decision",
    schema: {
      summary: "Decide an appeal against somebody else's decision",
      tags,
      params: AppealParams,
      body: AppealDecision,
      response: { 204: Empty },
    },
    config: { policy: { ...staff, roles: ["moderator", "admin"] } },
    handler: async ({ params, body, member }, reply) => {
      await hearAppeal(deps, params.id, body, member.memberId);
      return reply.code(204).send(null);
    },
  });
}

function serveAudit(app: App, deps: StaffDeps): void {
  app.route({
    method: "GET",
    url: "/v1/admin/members/:id/audit",
    schema: {
      summary: "What was recorded about a member, newest first",
      tags,
      params: MemberParams,
      querystring: AuditQuery,
      response: { 200: AuditList },
    },
    config: { policy: { ...staffReading, roles: ["admin"] } },
    handler: async ({ params, query }) => readAudit(deps, query, params.id),
  });

  app.route({
    method: "GET",
    url: "/v1/admin/audit",
    schema: {
      summary: "What was recorded, newest first",
      tags,
      querystring: AuditQuery,
      response: { 200: AuditList },
    },
    config: { policy: { ...staffReading, roles: ["admin"] } },
    handler: async ({ query }) => readAudit(deps, query),
  });
}

async function staffMember({ database }: StaffDeps, memberId: string): Promise<StaffMember> {
  const account = await findAccount(database.read, memberId);
  if (!account) throw new NotFound();
  const { email, status, roles, locale, createdAt, erasesAt } = account;
  const restrictions = await listRestrictions(database.read, memberId, listLimit);
  return {
    id: memberId,
    email,
    status,
    roles,
    locale,
    createdAt: createdAt.toISOString(),
    erasesAt: erasesAt?.toISOString() ?? null,
    restrictions: restrictions.map(madeRestriction),
  };
}

function madeRestriction({ id, kind, reason, statement, madeAt, until, endedAt, ending }: StoredRestriction) {
  return {
    id,
    kind,
    reason,
    statement,
    madeAt: madeAt.toISOString(),
    until: until?.toISOString() ?? null,
    endedAt: endedAt?.toISOString() ?? null,
    ending,
  };
}

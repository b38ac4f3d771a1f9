import type { Bus } from "@kismet/bus";
import {
  ClientItem,
  ClientKeyParams,
  ClientList,
  ClientParams,
  Empty,
  IssuedKey,
  ListClients,
  RegisterClientRequest,
  type RoutePolicy,
} from "@kismet/contracts";
import { type App, type RegisteredClient, Unauthenticated } from "@kismet/service-kit";
import type { FastifyRequest } from "fastify";
import { staffChanging, staffReading } from "../route-policies.ts";
import { findClients, type StoredClient, type StoredKey } from "./clients-repository.ts";
import { issueClientKey } from "./issue-client-key.ts";
import { type ClientDeps, registerClient } from "./register-client.ts";
import { revokeClient, revokeClientKey } from "./revoke-client.ts";
import { stateOf } from "./tell-client.ts";

const tags = ["auth"];
const staff: RoutePolicy = { ...staffChanging, roles: ["admin"] };
const reading: RoutePolicy = { ...staffReading, roles: ["admin"] };

/** The register of clients: for administrators, for whoever decides on keys, and for the clients themselves. */
export function registerClients(app: App, bus: Bus, deps: ClientDeps): void {
  const { database } = deps;
  bus.serve(ListClients, async () => ({
    clients: (await findClients(database.read)).map(({ keys, ...client }) => stateOf(client, keys)),
  }));
  administerClients(app, deps);

  app.route({
    method: "GET",
    url: "/v1/auth/client",
    schema: { summary: "Which client my API key stands for", tags, response: { 200: ClientItem } },
    config: {
      policy: { auth: "client", limit: "read", bodyLimit: 1_024, timeoutMs: 3_000, idempotent: true },
    },
    handler: async (request) => {
      const { clientId } = clientOf(request);
      const found = (await findClients(database.read)).find(({ id }) => id === clientId);
      if (!found) throw new Unauthenticated();
      return itemOf(found);
    },
  });
}

function administerClients(app: App, deps: ClientDeps): void {
  app.route({
    method: "GET",
    url: "/v1/admin/clients",
    schema: { summary: "The registered clients", tags, response: { 200: ClientList } },
    config: { policy: reading },
    handler: async () => {
      return { items: (await findClients(deps.database.read)).map(itemOf), nextCursor: null };
    },
  });

  app.route({
    method: "POST",
    url: "/v1/admin/clients",
    schema: {
      summary: "Register a client and issue its first API key",
      tags,
      body: RegisterClientRequest,
      response: { 201: IssuedKey },
    },
    config: { policy: staff },
    handler: async (request, reply) => {
      return reply.code(201).send(await registerClient(deps, request.body));
    },
  });

  app.route({
    method: "POST",
    url: "/v1/admin/clients/:id/keys",
    schema: { summary: "Issue a second API key", tags, params: ClientParams, response: { 201: IssuedKey } },
    config: { policy: staff },
    handler: async (request, reply) => {
      return reply.code(201).send(await issueClientKey(deps, request.params.id));
    },
  });

  app.route({
    method: "DELETE",
    url: "/v1/admin/clients/:id/keys/:keyId",
    schema: { summary: "Revoke an API key", tags, params: ClientKeyParams, response: { 204: Empty } },
    config: { policy: staff },
    handler: async (request, reply) => {
      await revokeClientKey(deps, request.params.id, request.params.keyId);
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "DELETE",
    url: "/v1/admin/clients/:id",
    schema: {
      summary: "Revoke a client and all its keys",
      tags,
      params: ClientParams,
      response: { 204: Empty },
    },
    config: { policy: staff },
    handler: async (request, reply) => {
      await revokeClient(deps, request.params.id);
      return reply.code(204).send(null);
    },
  });
}

function clientOf({ requestContext: { client } }: Pick<FastifyRequest, "requestContext">): RegisteredClient {
  if (!client) throw new Error("this route asks for no client by its policy");
  return client;
}

function itemOf({
  id,
  name,
  limitFactor,
  createdAt,
  revokedAt,
  keys,
}: StoredClient & { keys: StoredKey[] }): ClientItem {
  return {
    id,
    name,
    limitFactor,
    createdAt: createdAt.toISOString(),
    revokedAt: revokedAt?.toISOString() ?? null,
    keys: keys.map((key) => ({
      id: key.id,
      prefix: `kismet_${key.id}`,
      createdAt: key.createdAt.toISOString(),
    })),
  };
}

import { Type, type Static } from "typebox";
import { nullable, page, strict, Timestamp, Uuid } from "./schema.ts";
import { defineEvent, defineRequest } from "./subject.ts";

/** `kismet_<id>_<secret>`: the id may be shown, the secret is 32 random bytes and is kept nowhere. */
export const apiKeyPattern = /^kismet_([a-z0-9]{8})_([A-Za-z0-9_-]{43})$/;
export const apiKeyLength = 59;
export const apiKeyHeader = "x-api-key";

/** While a key is rotated the old and the new one are good. */
export const maxKeysOfClient = 2;
export const maxClients = 500;

const KeyId = Type.String({ pattern: "^[a-z0-9]{8}$", maxLength: 8 });
const ClientName = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9 ._-]{1,63}$", maxLength: 64 });
/** Multiplies the limits of clients. */
const LimitFactor = Type.Number({ minimum: 0.001, maximum: 100 });

/** What who decides on keys must know of a client; one that was revoked has no keys. */
export const ClientState = strict({
  clientId: Uuid,
  /** Each change has a greater one. */
  version: Type.Integer({ minimum: 1 }),
  name: ClientName,
  limitFactor: LimitFactor,
  keys: Type.Array(
    strict({
      id: KeyId,
      /** SHA-256 of the whole key, in hex. */
      digest: Type.String({ pattern: "^[0-9a-f]{64}$", maxLength: 64 }),
    }),
    { maxItems: maxKeysOfClient },
  ),
});
export type ClientState = Static<typeof ClientState>;

export const ClientChanged = defineEvent({
  subject: "events.auth.client.changed",
  payload: ClientState,
  members: () => [],
});

export const ListClients = defineRequest({
  subject: "auth.v1.client.list",
  request: strict({}),
  reply: strict({ clients: Type.Array(ClientState, { maxItems: maxClients }) }),
  timeoutMs: 2_000,
  idempotent: true,
});

export const RegisterClientRequest = strict({ name: ClientName, limitFactor: Type.Optional(LimitFactor) });

/** As people see it. */
export const ClientItem = strict({
  id: Uuid,
  name: ClientName,
  limitFactor: LimitFactor,
  createdAt: Timestamp,
  revokedAt: nullable(Timestamp),
  keys: Type.Array(strict({ id: KeyId, prefix: Type.String({ maxLength: 16 }), createdAt: Timestamp }), {
    maxItems: maxKeysOfClient,
  }),
});
export type ClientItem = Static<typeof ClientItem>;
export const ClientList = page(ClientItem);

/** The only time that the key itself is shown. */
export const IssuedKey = strict({
  clientId: Uuid,
  keyId: KeyId,
  key: Type.String({ pattern: apiKeyPattern.source, maxLength: apiKeyLength }),
});
export type IssuedKey = Static<typeof IssuedKey>;

export const ClientParams = strict({ id: Uuid });
export const ClientKeyParams = strict({ id: Uuid, keyId: KeyId });

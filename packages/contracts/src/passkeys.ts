import { Type, type Static } from "typebox";
import { Device } from "./auth.ts";
import { nullable, page, strict, Timestamp, Uuid } from "./schema.ts";
import {
  PasskeyAssertion,
  PasskeyAttestation,
  PasskeyCreationOptions,
  PasskeyRequestOptions,
} from "./webauthn.ts";

const PasskeyName = Type.String({ minLength: 1, maxLength: 64 });

/** `options` go to the authenticator, `id` comes back with what it answers. Good once, for five minutes. */
export const PasskeyCreation = strict({ id: Uuid, options: PasskeyCreationOptions });
export const PasskeyQuestion = strict({ id: Uuid, options: PasskeyRequestOptions });
export type PasskeyQuestion = Static<typeof PasskeyQuestion>;

export const NewPasskey = strict({ id: Uuid, name: PasskeyName, response: PasskeyAttestation });
export type NewPasskey = Static<typeof NewPasskey>;

export const PasskeyRename = strict({ name: PasskeyName });

export const PasskeySignIn = strict({
  id: Uuid,
  response: PasskeyAssertion,
  device: Type.Optional(Device),
});

export const Passkey = strict({
  id: Uuid,
  name: Type.String({ maxLength: 64 }),
  /** Whether it is copied to the owner's other devices. */
  backedUp: Type.Boolean(),
  createdAt: Timestamp,
  lastUsedAt: nullable(Timestamp),
  /** Since when it is refused: it has answered as only a copy of it would. */
  suspendedAt: nullable(Timestamp),
});
export type Passkey = Static<typeof Passkey>;
export const PasskeyList = page(Passkey);

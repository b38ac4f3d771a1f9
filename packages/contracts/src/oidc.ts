import { Type, type Static } from "typebox";
import { Device, Email, SignInAnswer, SignupRequest } from "./auth.ts";
import { literals, nullable, page, strict, Timestamp, Uuid } from "./schema.ts";

export const oidcProviders = ["google", "apple", "development"] as const;
export const OidcProvider = literals(oidcProviders);
export type OidcProvider = Static<typeof OidcProvider>;

export const OidcProviderParams = strict({ provider: OidcProvider });

/** Those that can be signed in with here. */
export const OidcProviderList = page(strict({ provider: OidcProvider }));

const Secret = Type.String({ minLength: 1, maxLength: 128, pattern: "^[A-Za-z0-9_-]+$" });

/** `returnTo` is one of the addresses that the server's configuration lists; without it, the first of them. */
export const OidcStartRequest = strict({
  returnTo: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
});

/** Open `authorizationUrl`; `verifier` stays with whoever asked, and finishes what comes back with this `state`. */
export const OidcStart = strict({
  authorizationUrl: Type.String({ maxLength: 4_096 }),
  state: Secret,
  verifier: Secret,
  expiresInSeconds: Type.Integer({ minimum: 1 }),
});
export type OidcStart = Static<typeof OidcStart>;

/** As a provider sends the browser back (RFC 6749, 4.1.2; RFC 9207): by query, or by a form. */
export const OidcCallback = strict({
  state: Type.Optional(Type.String({ maxLength: 512 })),
  code: Type.Optional(Type.String({ maxLength: 2_048 })),
  iss: Type.Optional(Type.String({ maxLength: 500 })),
  error: Type.Optional(Type.String({ maxLength: 200 })),
  error_description: Type.Optional(Type.String({ maxLength: 1_000 })),
  error_uri: Type.Optional(Type.String({ maxLength: 1_000 })),
  /** Google's. */
  scope: Type.Optional(Type.String({ maxLength: 1_000 })),
  authuser: Type.Optional(Type.String({ maxLength: 32 })),
  prompt: Type.Optional(Type.String({ maxLength: 64 })),
  hd: Type.Optional(Type.String({ maxLength: 253 })),
  session_state: Type.Optional(Type.String({ maxLength: 500 })),
  /** Apple's, the first time only: JSON with a name. */
  user: Type.Optional(Type.String({ maxLength: 2_000 })),
  id_token: Type.Optional(Type.String({ maxLength: 8_192 })),
});
export type OidcCallback = Static<typeof OidcCallback>;

/** What came back in the fragment of `returnTo`, and the verifier that was kept. */
export const OidcFinishRequest = strict({
  state: Secret,
  verifier: Secret,
  code: Type.String({ minLength: 1, maxLength: 2_048 }),
  iss: Type.Optional(Type.String({ maxLength: 500 })),
  device: Type.Optional(Device),
});
export type OidcFinishRequest = Static<typeof OidcFinishRequest>;

/**
 * The provider has vouched for somebody whom it has not vouched for before. `sign-up`: with a date of birth and the terms
 * it becomes an account, and `email` says which address it will have if none is given. `link`: the address has an
 * account; sign in to that in another way, then redeem the ticket there.
 */
export const OidcTicket = strict({
  ticket: strict({
    token: Secret,
    purpose: literals(["sign-up", "link"]),
    email: nullable(Type.String({ maxLength: 254 })),
    /** If not, a code is sent to it. */
    emailVerified: Type.Boolean(),
    givenName: nullable(Type.String({ maxLength: 64 })),
    expiresInSeconds: Type.Integer({ minimum: 1 }),
  }),
});
export type OidcTicket = Static<typeof OidcTicket>;

/** With a flow that was begun to link: nothing more is to be done. */
export const OidcLinked = strict({ linked: Uuid });
export const OidcOutcome = Type.Union([...SignInAnswer.anyOf, OidcTicket, OidcLinked]);
export type OidcOutcome = SignInAnswer | OidcTicket | Static<typeof OidcLinked>;

const { birthDate, locale, acceptedTermsVersion, jurisdiction } = SignupRequest.properties;
export const OidcSignUp = strict({
  ticket: Secret,
  /** Only where the provider gave none that it has verified. */
  email: Type.Optional(Email),
  birthDate,
  locale,
  acceptedTermsVersion,
  jurisdiction,
  device: Type.Optional(Device),
});
export type OidcSignUp = Static<typeof OidcSignUp>;

export const OidcVerify = strict({
  ticket: Secret,
  code: Type.String({ pattern: "^[0-9]{6}$", maxLength: 6 }),
  device: Type.Optional(Device),
});
export const OidcTicketRequest = strict({ ticket: Secret });

/** A provider's account by which a member can sign in. */
export const Identity = strict({
  id: Uuid,
  provider: OidcProvider,
  /** As the provider said it last; may differ from the account's. */
  email: nullable(Type.String({ maxLength: 254 })),
  givenName: nullable(Type.String({ maxLength: 64 })),
  linkedAt: Timestamp,
  lastUsedAt: nullable(Timestamp),
});
export type Identity = Static<typeof Identity>;
export const IdentityList = page(Identity);

/**
 * Apart from the rest of the package: the library behind it takes a while to load, and few need it.
 */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { type Configuration, Provider } from "oidc-provider";

export type ProviderClientSettings = { clientId: string; clientSecret: string; redirectUris: string[] };

/** What somebody types as their login says who they are: an address, and whether the provider has verified it. */
const unverified = /^unverified[.+-]/;
const rsaBits = 2_048;

/**
 * A real OIDC provider for a laptop and for tests, which takes everybody's word for who they are. Signs with a new key
 * each time it is made, which is what a provider does that has changed its keys.
 */
export function createDevelopmentProvider(
  issuer: string,
  clients: readonly ProviderClientSettings[],
  overrides: Configuration = {},
): Provider {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: rsaBits });
  const kid = randomBytes(8).toString("base64url");
  const provider: Provider = new Provider(issuer, {
    clients: clients.map(({ clientId, clientSecret, redirectUris }) => ({
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: redirectUris,
      response_types: ["code"],
      grant_types: ["authorization_code"],
      token_endpoint_auth_method: "client_secret_post",
    })),
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" }] },
    cookies: { keys: [randomBytes(32).toString("base64url")] },
    claims: {
      openid: ["sub"],
      email: ["email", "email_verified"],
      profile: ["given_name"],
      name: ["given_name"],
    },
    scopes: ["openid", "email", "profile", "name"],
    // As Google and Apple do: what they vouch for is in the token.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    findAccount: (_context, login) => ({ accountId: login, claims: async () => claimsOf(login) }),
    // Whoever has logged in has agreed.
    async loadExistingGrant({ oidc }) {
      const grant = new provider.Grant({
        clientId: oidc.client?.clientId ?? "",
        accountId: oidc.session?.accountId ?? "",
      });
      grant.addOIDCScope("openid email profile name");
      await grant.save();
      return grant;
    },
    ...overrides,
  });
  return provider;
}

function claimsOf(login: string) {
  const [name = ""] = login.replace(unverified, "").split(/[-@.]/);
  return {
    sub: login,
    email: login.replace(unverified, ""),
    email_verified: !unverified.test(login),
    given_name: name.charAt(0).toUpperCase() + name.slice(1),
  };
}

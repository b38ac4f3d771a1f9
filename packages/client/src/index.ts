/**
 * @kismet/client: the typed client of the gateway.
 *
 * Purpose: calls whose addresses, parameters, bodies and answers are those of the OpenAPI document.
 * Invariants: `generated/schema.ts` is made by `npm run generate` and never edited; nothing of the server is imported.
 * May depend on: openapi-fetch, nothing else.
 */
import createFetchClient, { type Client, type Middleware } from "openapi-fetch";
import { browserSession } from "./browser-session.ts";
import type { components, paths } from "./generated/schema.ts";

export type { paths } from "./generated/schema.ts";
export type KismetClient = Client<paths>;

/** Every error of the gateway (RFC 9457). */
export type Problem = components["schemas"]["Problem"];

export type ClientOptions = {
  baseUrl: string;
  /** The access token of the moment; undefined while nobody is signed in. */
  accessToken?: () => string | undefined;
  /** The refresh token stays in a cookie, which `POST /v1/auth/refresh` with an empty body brings; else it is in bodies. */
  browser?: boolean;
  fetch?: typeof globalThis.fetch;
};

/** `client.GET("/v1/profile")` gives `{ data }` or `{ error }`; it throws only if there was no answer. */
export function createClient({ baseUrl, accessToken, browser, fetch }: ClientOptions): KismetClient {
  const credentials = browser === true ? ({ credentials: "include" } as const) : {};
  const client = createFetchClient<paths>({ baseUrl, ...credentials, ...(fetch ? { fetch } : {}) });
  const authorize: Middleware = {
    onRequest({ request }) {
      const token = accessToken?.();
      if (token !== undefined) request.headers.set("authorization", `Bearer ${token}`);
      return request;
    },
  };
  client.use(authorize);
  if (browser === true) client.use(browserSession(baseUrl, fetch ?? globalThis.fetch));
  return client;
}

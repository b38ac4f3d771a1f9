import type { Middleware } from "openapi-fetch";

const refreshPath = "/v1/auth/refresh";

/**
 * Keeps the refresh token out of the page: the gateway sets it as a cookie, and asks for the session's token against
 * forged requests instead. A page that was loaded anew asks for that one first.
 */
export function browserSession(baseUrl: string, fetch: typeof globalThis.fetch): Middleware {
  let csrfToken: string | undefined;

  async function askForToken(): Promise<string | undefined> {
    const response = await fetch(new URL("/v1/auth/csrf", baseUrl), {
      credentials: "include",
      headers: { "x-kismet-client": "browser" },
    });
    return csrfTokenOf(response);
  }

  return {
    async onRequest({ request, schemaPath }) {
      request.headers.set("x-kismet-client", "browser");
      if (schemaPath !== refreshPath) return request;
      csrfToken ??= await askForToken();
      if (csrfToken !== undefined) request.headers.set("x-csrf-token", csrfToken);
      return request;
    },
    async onResponse({ response, schemaPath }) {
      if (!schemaPath.startsWith("/v1/auth/")) return;
      // Refused: perhaps another tab has signed in anew, and with it changed the cookie.
      if (schemaPath === refreshPath && !response.ok) csrfToken = undefined;
      csrfToken = (await csrfTokenOf(response)) ?? csrfToken;
    },
  };
}

async function csrfTokenOf(response: Response): Promise<string | undefined> {
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  if (!response.ok || !isJson) return undefined;
  const body: unknown = await response.clone().json();
  if (typeof body !== "object" || body === null || !("csrfToken" in body)) return undefined;
  return typeof body.csrfToken === "string" ? body.csrfToken : undefined;
}

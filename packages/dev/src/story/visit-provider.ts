/** Where a provider sends the browser in the end: an address, or a form for one. */
export type Returned = { url: string; form?: Record<string, string> };

const maxSteps = 12;
const timeoutMs = 10_000;

/**
 * A browser at an OIDC provider, on the pages of `oidc-provider`'s own: follows redirects, keeps cookies, and fills in who
 * it is where it is asked, until it is sent away.
 */
export async function visitProvider(authorizationUrl: string, login: string): Promise<Returned> {
  const home = new URL(authorizationUrl).origin;
  const cookies = new Map<string, string>();
  let next: Returned = { url: authorizationUrl };
  for (let step = 0; step < maxSteps; step += 1) {
    if (new URL(next.url).origin !== home) return next;
    next = await visit(next, cookies, login);
  }
  throw new Error(`the provider sends in circles, last to ${next.url}`);
}

async function visit(
  { url, form }: Returned,
  cookies: Map<string, string>,
  login: string,
): Promise<Returned> {
  const answer = await fetch(url, {
    headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
    ...(form ? { method: "POST", body: new URLSearchParams(form) } : {}),
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutMs),
  });
  for (const cookie of answer.headers.getSetCookie()) {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    if (value === "") cookies.delete(name);
    else cookies.set(name, value);
  }
  const text = await answer.text();
  const location = answer.headers.get("location");
  if (location !== null) return { url: new URL(location, url).href };
  const action = /<form[^>]*\saction="([^"]*)"/.exec(text)?.[1];
  if (answer.status !== 200 || action === undefined)
    throw new Error(`the provider answers ${answer.status} without a form: ${text.slice(0, 300)}`);
  return { url: new URL(unescaped(action), url).href, form: filledForm(text, login) };
}

function filledForm(page: string, login: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [input] of page.matchAll(/<input[^>]*>/g)) {
    const name = /\sname="([^"]*)"/.exec(input)?.[1];
    if (name === undefined) continue;
    fields[name] = unescaped(/\svalue="([^"]*)"/.exec(input)?.[1] ?? "");
  }
  if ("login" in fields) fields["login"] = login;
  if ("password" in fields) fields["password"] = "any";
  return fields;
}

function unescaped(text: string): string {
  return text
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

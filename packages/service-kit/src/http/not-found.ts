import { MethodNotAllowed, NotFound } from "../errors/kit-errors.ts";
import type { PublicError } from "../errors/public-error.ts";
import type { App } from "./app-shell.ts";

/**
 * Answers whatever no route takes. Before a body is read: no route is there to say how large it may be, so it would be
 * refused for its size instead.
 */
export function refuseUnknownAddresses(app: App): void {
  app.addHook("preParsing", (request, _reply, payload, done) => {
    if (request.is404) done(refusalOf(app, request.url.split("?")[0] ?? "/"));
    else done(null, payload);
  });
}

/** 404, or 405 with what is allowed if the address exists for other methods. */
function refusalOf(app: App, path: string): PublicError {
  const allowed = app.routeTable
    .filter((route) => matches(route.path, path))
    .flatMap(({ method, path: url }) =>
      method === "GET" && app.hasRoute({ method: "HEAD", url }) ? [method, "HEAD"] : [method],
    );
  return allowed.length > 0
    ? new MethodNotAllowed([...new Set(allowed)])
    : new NotFound("There is no such address.");
}

function matches(pattern: string, path: string): boolean {
  const expected = pattern.split("/");
  const given = path.split("/");
  return (
    expected.length === given.length &&
    expected.every((part, i) => (part.startsWith(":") ? given[i] !== "" : part === given[i]))
  );
}

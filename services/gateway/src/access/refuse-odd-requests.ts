import { type App, HeadersTooLarge, ValidationFailed } from "@kismet/service-kit";
import { decideForm, maxHeaders } from "./decide-form.ts";

/** Before anything is decided about a request: it must be one thing to everybody who reads it. */
export function refuseOddRequests(app: App): void {
  // An expectation that we don't know is passed over (RFC 9110, 10.1.1), or Node would refuse it past all hooks.
  app.server.on("checkExpectation", (message, response) => app.routing(message, response));
  app.addHook("onRequest", (request, _reply, done) => {
    const { httpVersion, rawHeaders, url = "" } = request.raw;
    if (rawHeaders.length > maxHeaders * 2) return done(new HeadersTooLarge());
    const fault = decideForm(httpVersion, url, rawHeaders);
    done(fault === undefined ? undefined : new ValidationFailed(fault));
  });
}

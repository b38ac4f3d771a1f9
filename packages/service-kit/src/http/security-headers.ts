import fastifyHelmet from "@fastify/helmet";
import Fastify, { type FastifyInstance } from "fastify";

/** What an answer has without helmet. */
const usual = new Set(["content-type", "content-length", "date", "connection"]);

const helmets: Record<string, string> = {};
const ofBareAnswers: Record<string, string> = { "cache-control": "no-store" };
let isAsked: Promise<void> | undefined;

/**
 * What helmet says, by name in lower case, from the moment that an app is ready. It is asked once: it would compose the same
 * strings for each request, at a twentieth of the gateway's CPU. Not while this module loads: tools that read the tables of
 * a service can't wait for that.
 */
export const securityHeaders: Readonly<Record<string, string>> = helmets;

/** Of answers that no hook has seen: to requests that could not be read, and refusals that have to be cheap. */
export const bareAnswerHeaders: Readonly<Record<string, string>> = ofBareAnswers;

/** On every answer, refusals and errors included (A43), unless a route has said otherwise. */
export function addSecurityHeaders(app: FastifyInstance): void {
  app.addHook("onReady", () => (isAsked ??= rememberHelmet()));
  app.addHook("onSend", (_request, reply, payload, done) => {
    for (const name in securityHeaders) if (!reply.hasHeader(name)) reply.header(name, securityHeaders[name]);
    done(null, payload);
  });
}

async function rememberHelmet(): Promise<void> {
  const said = await askHelmet();
  Object.assign(helmets, said);
  Object.assign(ofBareAnswers, said);
}

/**
 * What an answer that is no page needs: nobody runs, frames, sniffs or embeds it. Left out is what only documents heed
 * (pages say it themselves), and what only browsers did that are gone: each header costs the edge half a microsecond, on
 * every answer.
 */
async function askHelmet(): Promise<Record<string, string>> {
  const asked = Fastify();
  const nobody = ["'none'"];
  await asked.register(fastifyHelmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        "default-src": nobody,
        "frame-ancestors": nobody,
        "base-uri": nobody,
        "form-action": nobody,
      },
    },
    frameguard: { action: "deny" },
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    dnsPrefetchControl: false,
    ieNoOpen: false,
    permittedCrossDomainPolicies: false,
    xssFilter: false,
  });
  asked.get("/", async () => "");
  const { headers } = await asked.inject("/");
  await asked.close();
  const added = Object.entries(headers).filter(([name]) => !usual.has(name));
  return Object.fromEntries(added.map(([name, value]) => [name, String(value)]));
}

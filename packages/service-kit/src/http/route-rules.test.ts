import { page, type RoutePolicy, strict } from "@kismet/contracts";
import { test } from "tap";
import { Type } from "typebox";
import { enforceRouteRules } from "./route-rules.ts";

const policy: RoutePolicy = {
  auth: "member",
  limit: "read",
  bodyLimit: 1_024,
  timeoutMs: 1_000,
  idempotent: true,
};
const text = Type.String({ maxLength: 10 });

type Described = { summary: string; response: object; querystring?: object };

function register(
  change: Partial<RoutePolicy>,
  answer = strict({ name: text }),
  method = "GET",
  config: object = {},
): { schema: Described } {
  const schema: Described = { summary: "x", response: { 200: answer } };
  const route = {
    method,
    url: "/v1/things",
    schema,
    config: { policy: { ...policy, ...change }, ...config },
    handler: async () => undefined,
  };
  enforceRouteRules(route as never, { canRecordStaff: true });
  return route;
}

test("A05 a route that says nothing of a query takes none", async (t) => {
  t.match(register({}).schema.querystring, { type: "object", properties: {}, additionalProperties: false });
});

test("A36 a route whose answers hold a secret, or are about one, can't have them compressed", async (t) => {
  t.doesNotThrow(() => register({ compress: true, poll: true }));
  for (const name of ["accessToken", "ticket", "photoUrl", "urls", "clientSecret", "key", "resetCode"]) {
    const answer = page(strict({ [name]: text }));
    t.throws(() => register({ compress: true }, answer as never), {
      message: new RegExp(`answers "${name}"`),
    });
    t.doesNotThrow(() => register({}, answer as never), "as it is it may");
  }
  const about: Partial<RoutePolicy>[] = [
    { limit: "credential" },
    { auth: "staff" },
    { page: true },
    { cookie: true },
  ];
  for (const change of about)
    t.throws(() => register({ compress: true, ...change }), { message: /compress/ });
  t.throws(() => register({ poll: true }, undefined, "POST"), { message: /polled/ });
});

test("A18 a route that other sites may call reads no cookie and asks for nobody", async (t) => {
  t.doesNotThrow(() => register({ crossSite: true, auth: "public" }));
  t.throws(() => register({ crossSite: true }), { message: /other sites/ });
  t.throws(() => register({ crossSite: true, auth: "public", cookie: true }), { message: /other sites/ });
});

test("A22 a list for staff of several members' data says whom it shows, or does not register", async (t) => {
  const staff: Partial<RoutePolicy> = { auth: "staff", roles: ["support"] };
  const list = page(strict({ memberId: text, name: text })) as never;
  t.throws(() => register(staff, list), { message: /which members it shows/ });
  t.doesNotThrow(() => register(staff, list, "GET", { membersIn: () => [] }));
  t.doesNotThrow(() => register(staff, page(strict({ name: text })) as never), "a list of something else");
  t.throws(() => register({}, list, "GET", { membersIn: () => [] }), { message: /not for staff/ });
});

test("A37 a service without the register of clients can't have a route for them", async (t) => {
  t.throws(() => register({ auth: "client" }), { message: /register/ });
});

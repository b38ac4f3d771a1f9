import type { AgeAssurance, AgeCheck } from "@kismet/contracts";
import type { Cast } from "../cast.ts";
import { expectEqual } from "../expect.ts";
import type { Gateway } from "../gateway.ts";

/** Somebody who has signed up as living in Great Britain, where a declared age is not enough. */
export async function tellAge({ narrator }: Cast, gateway: Gateway, token: string): Promise<void> {
  const ask = (method: string, path: string, body?: unknown) => gateway.ask(method, path, { token, body });
  const age = async () => (await ask("GET", "/v1/auth/age")).as<AgeAssurance>();
  const { methods } = await narrator.step(
    "who lives in Britain meets nobody before they prove their age",
    async () => {
      const known = await age();
      expectEqual(known.outstanding, true, "whether a proof is missing");
      for (const path of ["/v1/discovery", "/v1/matches", "/v1/conversations"])
        (await ask("GET", path)).refused(403, "AUTH_AGE_ASSURANCE_REQUIRED");
      (await ask("GET", "/v1/auth/sessions")).as(200);
      return known;
    },
  );
  // A system that is not ours may send them to a company whose page the story can't fill in, or to none.
  if (!methods.includes("estimation")) return;
  await narrator.step("an estimate of their age is enough, at the page of who estimates it", async () => {
    const check = (await ask("POST", "/v1/auth/age/checks", { method: "estimation" })).as<AgeCheck>(201);
    (await ask("POST", "/v1/auth/age/checks", { method: "document" })).refused(409, "AUTH_AGE_CHECK_OPEN");
    const { pathname, searchParams } = new URL(check.redirectUrl);
    const form = { check: searchParams.get("check") ?? "", found: "estimate", years: "34" };
    const answer = await fetch(new URL(pathname, gateway.url), {
      method: "POST",
      body: new URLSearchParams(form),
      signal: AbortSignal.timeout(10_000),
    });
    expectEqual(answer.status, 200, "the answer of the page");
    expectEqual((await age()).state, "estimated", "how well their age is known");
  });
  await narrator.step("and then all is open to them", async () => {
    for (let tries = 1; ; tries += 1) {
      const answer = await ask("GET", "/v1/conversations");
      if (answer.status === 200) return;
      if (tries === maxTries) throw answer.unexpected("200");
    }
  });
}

/** It is known everywhere within a second; each try takes some milliseconds. */
const maxTries = 200;

import fc from "fast-check";
import { test } from "tap";
import { decideRequest } from "./decide-request.ts";

/** How many of the requests, at these moments, are let through. */
function admitted(moments: readonly number[], burst: number, refillMs: number): number[] {
  let fullAt = 0;
  return moments.filter((now) => {
    const decision = decideRequest(fullAt, now, { burst, refillMs });
    fullAt = decision.fullAt;
    return decision.isAllowed;
  });
}

test("A07 a burst, then one for each share of the refill; a refusal says after how long", async (t) => {
  const allowance = { burst: 3, refillMs: 3_000 };
  let fullAt = 0;
  const ask = (now: number) => {
    const { fullAt: next, ...decision } = decideRequest(fullAt, now, allowance);
    fullAt = next;
    return decision;
  };
  t.same(ask(10_000), { isAllowed: true, remaining: 2, waitMs: 1_000 });
  t.same(ask(10_000), { isAllowed: true, remaining: 1, waitMs: 2_000 });
  t.same(ask(10_000), { isAllowed: true, remaining: 0, waitMs: 3_000 });
  t.same(ask(10_000), { isAllowed: false, remaining: 0, waitMs: 1_000 });
  t.same(ask(10_400), { isAllowed: false, remaining: 0, waitMs: 600 }, "a refusal costs nothing");
  t.same(ask(11_000), { isAllowed: true, remaining: 0, waitMs: 3_000 }, "after exactly as long as was said");
  t.same(
    ask(90_000),
    { isAllowed: true, remaining: 2, waitMs: 1_000 },
    "idleness saves up no more than a burst",
  );
});

test("A07 in no stretch of time more than a burst and what it refills; what keeps to the pace is never refused", async (t) => {
  const bursts = fc.integer({ min: 1, max: 500 });
  const refills = fc.integer({ min: 10, max: 120_000 });
  fc.assert(
    fc.property(
      bursts,
      refills,
      fc.array(fc.integer({ min: 0, max: 2_000 }), { minLength: 1, maxLength: 300 }),
      (burst, refillMs, gaps) => {
        let now = 1_000_000;
        const passed = admitted(
          gaps.map((gap) => (now += gap)),
          burst,
          refillMs,
        );
        for (const [i, from] of passed.entries()) {
          for (const [j, to] of passed.slice(i).entries()) {
            if (j + 1 > burst + ((to - from) * burst) / refillMs + 0.001) return false;
          }
        }
        return true;
      },
    ),
  );
  fc.assert(
    fc.property(bursts, refills, (burst, refillMs) => {
      const paced = Array.from(
        { length: burst * 2 },
        (_, i) => 1_000_000 + Math.ceil((i * refillMs) / burst),
      );
      return admitted(paced, burst, refillMs).length === paced.length;
    }),
  );
  t.pass("held");
});

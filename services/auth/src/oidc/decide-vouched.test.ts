import { test } from "tap";
import { decideVouched, type VouchedFacts } from "./decide-vouched.ts";

const stranger: VouchedFacts = {
  owner: undefined,
  linking: undefined,
  email: "ada@mail.test",
  emailVerified: true,
  hasAccount: false,
};

test("an address links nothing by itself, and one that is not verified tells nothing", async (t) => {
  const table: [string, Partial<VouchedFacts>, string][] = [
    ["nobody yet", {}, "offer-sign-up"],
    ["nobody, without an address", { email: null, emailVerified: false }, "offer-sign-up"],
    ["the address has an account", { hasAccount: true }, "offer-link"],
    [
      "the address has an account, but is not verified",
      { hasAccount: true, emailVerified: false },
      "offer-sign-up",
    ],
    ["known", { owner: "a" }, "sign-in"],
    ["known, whatever the address", { owner: "a", hasAccount: true, emailVerified: false }, "sign-in"],
    ["linking, unknown", { linking: "a" }, "link"],
    ["linking, unknown, with somebody else's address", { linking: "a", hasAccount: true }, "link"],
    ["linking, one's own", { linking: "a", owner: "a" }, "linked-already"],
    ["linking, somebody else's", { linking: "a", owner: "b" }, "taken"],
  ];
  for (const [what, facts, decision] of table)
    t.equal(decideVouched({ ...stranger, ...facts }), decision, what);
});

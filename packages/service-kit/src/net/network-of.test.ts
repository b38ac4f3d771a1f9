import { test } from "tap";
import { networkFrom } from "./network-from.ts";

test("addresses are coarsened to their neighbourhood", async (t) => {
  t.equal(networkFrom("203.0.113.77"), "203.0.113.0/24");
  t.equal(networkFrom("::ffff:203.0.113.77"), "203.0.113.0/24");
  t.equal(networkFrom("2001:db8:12:34::9"), "2001:db8:12::/48");
  t.equal(networkFrom("fe80::1%eth0"), "fe80:0:0::/48");
  t.equal(networkFrom("::1"), "0:0:0::/48");
  t.equal(networkFrom("not an address"), null);
  t.equal(networkFrom(undefined), null);
});

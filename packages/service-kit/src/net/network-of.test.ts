import { test } from "tap";
import { networkOf } from "./network-of.ts";

test("addresses are coarsened to their neighbourhood", async (t) => {
  t.equal(networkOf("203.0.113.77"), "203.0.113.0/24");
  t.equal(networkOf("::ffff:203.0.113.77"), "203.0.113.0/24");
  t.equal(networkOf("2001:db8:12:34::9"), "2001:db8:12::/48");
  t.equal(networkOf("fe80::1%eth0"), "fe80:0:0::/48");
  t.equal(networkOf("::1"), "0:0:0::/48");
  t.equal(networkOf("not an address"), undefined);
  t.equal(networkOf("2001:db8:1:2::9", 64), "2001:db8:1:2::/64");
});

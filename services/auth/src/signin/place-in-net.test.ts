import { test } from "tap";
import { guesserOf, placeInNet } from "./place-in-net.ts";

test("a network is what a household is given, and private addresses are one place", (t) => {
  const table: [string, string][] = [
    ["198.51.100.7", "198.51.100.0/24"],
    ["::ffff:198.51.100.7", "198.51.100.0/24"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"],
    ["2001:db8::1", "2001:db8:0::/48"],
    ["2001:0DB8:0001::", "2001:db8:1::/48"],
    ["127.0.0.1", "local"],
    ["10.1.2.3", "local"],
    ["172.31.0.1", "local"],
    ["172.32.0.1", "172.32.0.0/24"],
    ["192.168.1.1", "local"],
    ["100.64.3.2", "local"],
    ["::1", "local"],
    ["::ffff:127.0.0.1", "local"],
    ["fe80::1", "local"],
    ["fd12:3456::1", "local"],
    ["not an address", "unknown"],
  ];
  for (const [address, network] of table) t.equal(placeInNet(address), network, address);
  t.end();
});

test("tries are counted by address, of IPv6 by /64", (t) => {
  t.equal(guesserOf("198.51.100.7"), "198.51.100.7");
  t.equal(guesserOf("::ffff:198.51.100.7"), "198.51.100.7");
  t.equal(guesserOf("2001:db8:1:2:3:4:5:6"), guesserOf("2001:db8:1:2::9"));
  t.not(guesserOf("2001:db8:1:2::9"), guesserOf("2001:db8:1:3::9"));
  t.end();
});

import { interestCatalogue } from "@kismet/contracts";
import { cellToLatLng, getResolution, greatCircleDistance } from "h3-js";
import t from "tap";
import { demoMember } from "./demo-member.ts";
import { makePerson } from "./make-person.ts";

const people = Array.from({ length: 2_000 }, (_, index) => makePerson(index));

t.test("the same seed gives the same people, another seed others", async (t) => {
  t.same(makePerson(17), people[17]);
  t.not(makePerson(17, 1).profile.memberId, people[17]?.profile.memberId);
});

t.test("nobody is there twice", async (t) => {
  const ids = people.flatMap(({ profile, eventIds }) => [profile.memberId, ...Object.values(eventIds)]);
  t.equal(new Set(ids).size, ids.length);
  t.equal(new Set(people.map(({ email }) => email)).size, people.length);
});

t.test("they are of age and live in Berlin, in cells of resolution 7", async (t) => {
  t.ok(people.every(({ profile }) => profile.birthDate < "2007"));
  const cells = people.map(({ profile }) => String(profile.cell));
  t.ok(cells.every((cell) => getResolution(cell) === 7));
  const alexanderplatz: [number, number] = [52.5219, 13.4132];
  t.ok(cells.every((cell) => greatCircleDistance(cellToLatLng(cell), alexanderplatz, "km") < 40));
  t.ok(new Set(cells).size > 100, "all over it");
});

t.test("every gender and interest occurs", async (t) => {
  t.equal(new Set(people.map(({ profile }) => profile.gender)).size, 3);
  t.equal(new Set(people.flatMap(({ profile }) => profile.interests)).size, interestCatalogue.length);
});

t.test("the first one is the member whose password is told", async (t) => {
  t.equal(people[0]?.email, demoMember.email);
});

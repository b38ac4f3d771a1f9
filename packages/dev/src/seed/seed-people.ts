import { AccountChanged, ProfileChanged, type ProfileSnapshot } from "@kismet/contracts";
import pg from "pg";
import { accountRow, hashSharedPassword } from "./auth-rows.ts";
import { type CopyRow, copyRows } from "./copy-rows.ts";
import { makePerson, type Person, referenceYear } from "./make-person.ts";
import { candidateRow, likeRow } from "./matching-rows.ts";
import { outboxRow } from "./outbox-row.ts";
import { accountStatusRow, profileRow } from "./profile-rows.ts";
import { Random } from "./random.ts";

/** People in memory at a time. */
const batchSize = 10_000;
/** How many people like the demo member. */
const likesOfDemo = 24;
const superlikeNote = "Your bio made me laugh on the U8.";

/**
 * Fills the services' schemas with people, as they would be had everybody signed up and every event been carried: all
 * or nothing. People who are there already stay, so that asking for more adds the rest.
 */
export async function seedPeople(
  adminUrl: string,
  people: number,
  update: (progress: string) => void,
): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl, application_name: "kismet seed" });
  await client.connect();
  try {
    const present = await countSeeded(client);
    if (present >= people) return;
    const passwordHash = await hashSharedPassword();
    await client.query("BEGIN");
    for (let from = present; from < people; from += batchSize) {
      const upto = Math.min(from + batchSize, people);
      await insertPeople(client, passwordHash, { from, upto });
      update(`${upto.toLocaleString("en")} of ${people.toLocaleString("en")}`);
    }
    if (present === 0) await insertLikes(client, people);
    await client.query("COMMIT");
    // Without statistics the first decks would be planned as if there were nobody.
    if (people - present >= batchSize) await client.query("ANALYZE");
  } finally {
    await client.end();
  }
}

/** Numbers are handed out without gaps: how many there are is the next one. */
async function countSeeded(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    "SELECT count(*) FROM profile.outbox WHERE request_id LIKE 'seed-%'",
  );
  return Number(rows[0]?.count);
}

async function insertPeople(
  client: pg.Client,
  passwordHash: string,
  { from, upto }: { from: number; upto: number },
): Promise<void> {
  const people = Array.from({ length: upto - from }, (_, offset) => makePerson(from + offset));
  const copy = (table: string, row: (person: Person) => CopyRow) =>
    copyRows(client, table, Iterator.from(people).map(row));
  await copy("auth.accounts", (person) => accountRow(person, passwordHash));
  await copy("auth.outbox", ({ profile, eventIds }) =>
    outboxRow(AccountChanged, {
      eventId: eventIds.account,
      aggregateId: profile.memberId,
      payload: { memberId: profile.memberId, version: 1, status: "active", changedAt: profile.createdAt },
      at: profile.createdAt,
    }),
  );
  await copy("profile.accounts", ({ profile }) => accountStatusRow(profile.memberId));
  await copy("profile.profiles", ({ profile }) => profileRow(profile));
  await copy("profile.outbox", ({ profile, eventIds }) =>
    outboxRow(ProfileChanged, {
      eventId: eventIds.profile,
      aggregateId: profile.memberId,
      payload: profile,
      at: profile.changedAt,
    }),
  );
  await copy("matching.candidates", ({ profile }) => candidateRow(profile));
}

/** Of people whom the demo member has not yet answered; every eighth is a super like. */
async function insertLikes(client: pg.Client, people: number): Promise<void> {
  const demo = makePerson(0).profile;
  const admirers = Iterator.from(numbers(1, people))
    .map((number) => makePerson(number).profile)
    .filter((profile) => isInterestedIn(profile, demo))
    .take(likesOfDemo);
  const rows = admirers.toArray().map(({ memberId, createdAt }, n) => {
    const at = new Date(Date.parse(createdAt) + 3_600_000);
    return likeRow({
      id: new Random(n, likesOfDemo).uuid(at.getTime()),
      actorId: memberId,
      targetId: demo.memberId,
      superlike: n % 8 === 0 ? { note: superlikeNote } : null,
      at: at.toISOString(),
    });
  });
  await copyRows(client, "matching.swipes", rows);
}

function* numbers(from: number, upto: number): Generator<number> {
  for (let number = from; number < upto; number++) yield number;
}

function isInterestedIn({ preferences }: ProfileSnapshot, other: ProfileSnapshot): boolean {
  const age = referenceYear - Number(other.birthDate.slice(0, 4));
  return preferences.showMe.includes(other.gender) && age > preferences.minAge && age < preferences.maxAge;
}

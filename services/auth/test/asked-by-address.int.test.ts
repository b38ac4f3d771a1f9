import type { Challenge } from "@kismet/contracts";
import t from "tap";
import { type Answer, codeTo, goodPassword, mailsTo, newAddress, signup } from "./auth-world.ts";
import { startSignIns } from "./sign-in-world.ts";

// Of a busy machine.
t.setTimeout(120_000);

const { world, mail, auth, berlin, texas, post, answer, asMember, challengeOf, berliner, noLettersWait } =
  await startSignIns(t);

await t.test(
  "A17 tries of a challenge are the same for every address, whatever is asked again, answered early, or of another kind",
  async (t) => {
    const [known, banned, unverified] = [(await berliner()).email, (await berliner()).email, newAddress()];
    await signup(auth, unverified);
    await codeTo(mail, unverified);
    await world.sql("UPDATE auth.accounts SET status = 'banned' WHERE email = $1", [banned]);
    const wrong = "000000";
    const told = async (email: string) => {
      const from = { address: texas };
      const answers: object[] = [];
      const note = ({ status, body, headers }: Answer) => {
        const { "content-length": length, "retry-after": wait } = headers;
        answers.push({ status, ...body, requestId: "", length, wait });
      };
      const { id } = challengeOf(await post<Challenge>("/v1/auth/code/request", { email }, from));
      for (let round = 0; round < 3; round += 1) {
        for (const kind of ["totp", "email_code", "recovery_code", "email_code"])
          note(await answer(id, kind, kind === "recovery_code" ? "AAAA-AAAA-AAAA" : wrong, from));
        await noLettersWait();
        note(await post("/v1/auth/challenge/resend", { id }, from));
        await noLettersWait();
      }
      return answers;
    };
    const nobody = await told(newAddress());
    const looked = nobody.filter((each) => (each as { status: number }).status === 422);
    t.equal(looked.length, 5, "five tries, of one kind, and none is given back");
    for (const [what, email] of Object.entries({ known, banned, unverified }))
      t.same(await told(email), nobody, what);
    const from = { address: texas };
    const { id } = challengeOf(await post<Challenge>("/v1/auth/code/request", { email: known }, from));
    await noLettersWait();
    for (let i = 0; i < 5; i += 1) await answer(id, "email_code", wrong, from);
    const count = (await mailsTo(mail, known)).length;
    await post("/v1/auth/challenge/resend", { id }, from);
    await noLettersWait();
    t.equal((await mailsTo(mail, known)).length, count, "no code that could not be tried is sent");
  },
);

const forgot = (email: string, address: string = texas) =>
  post("/v1/auth/password/forgot", { email }, { address });
/** Tokens of the resets that went to an address, oldest first. */
const resetsOf = async (email: string) =>
  (await mailsTo(mail, email)).flatMap(({ text }) => /token=([\w-]{43})&/.exec(text)?.[1] ?? []);

await t.test(
  "A17 whoever asks for resets again and again spoils no link, and leaves the member's own network its mails",
  async (t) => {
    const { email } = await berliner();
    const reset = async (token = "") =>
      (
        await post(
          "/v1/auth/password/reset",
          { token, password: "a-new-heron-by-the-lake" },
          { address: texas },
        )
      ).status;
    for (let i = 0; i < 19; i += 1) {
      if (i > 0) auth.clock.move(30_000);
      t.same((await forgot(email)).body, (await forgot(newAddress())).body);
      await noLettersWait();
    }
    t.equal((await resetsOf(email)).length, 5, "five in an hour, of nineteen asked for");
    await forgot(email, "5.1.66.9");
    await noLettersWait();
    const [first, ...others] = await resetsOf(email);
    t.equal(others.length, 5, "the member's own network has its own");
    auth.clock.move(59_000);
    t.equal(await reset(first), 204, "the first, after nearly ten minutes");
    for (const other of others) t.equal(await reset(other), 422, "one that was used ends the others");

    const again = await berliner();
    await forgot(again.email);
    await forgot(again.email);
    await noLettersWait();
    const body = { currentPassword: goodPassword, newPassword: "a-fresh-heron-in-spring" };
    const token = again.session.accessToken;
    t.equal((await asMember("POST", "/v1/auth/password/change", token, body)).status, 200);
    for (const each of await resetsOf(again.email))
      t.equal(await reset(each), 422, "as does another password");
    auth.clock.move(-599_000);
  },
);

await t.test("a mailbox gets twenty resets a day from strangers, however patient they are", async (t) => {
  const { email } = await berliner();
  const hourMs = 3_600_001;
  const counts: number[] = [];
  for (let hour = 0; hour < 6; hour += 1) {
    for (let i = 0; i < 6; i += 1) await forgot(email);
    await noLettersWait();
    counts.push((await resetsOf(email)).length);
    auth.clock.move(hourMs);
  }
  t.same(counts, [5, 10, 15, 20, 20, 20]);
  await forgot(email, berlin);
  await noLettersWait();
  t.equal((await resetsOf(email)).length, 21, "the member's own network has its own");
  auth.clock.move(-6 * hourMs);
});

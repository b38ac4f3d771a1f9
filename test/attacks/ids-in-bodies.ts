import assert from "node:assert/strict";
import type {
  Challenge,
  PasskeyCreationOptions,
  PasskeyRequestOptions,
  ServerFrame,
} from "@kismet/contracts";
import { SoftwareAuthenticator } from "@kismet/dev";
import { eventually, newId, type System } from "@kismet/testing";
import type { Test } from "tap";
import { SystemMember } from "../member.ts";
import { type Account, signUp } from "../sign-up.ts";
import { type Cast, fates, type Others } from "./cast.ts";
import { idsOfBodies, idsOfFrames } from "./ids-in-schemas.ts";
import { askOverSocket, openSocket } from "./one-frame.ts";
import { addPasskey } from "./ways-in.ts";

/** Somebody sends an id that isn't theirs. `told`: whoever has it was given it, and may know that it is there. */
type Try = { what: string; actor: SystemMember; body: object; id: string; told?: boolean; expected?: RegExp };
/** What others try, and what whose it is does with it afterwards. */
type Row = (cast: Cast, others: Others) => Promise<{ tries: Try[]; owner?: Pick<Try, "actor" | "body"> }>;
type Question<Options> = { id: string; options: Options };

const nobodyOf = ({ url }: System) => new SystemMember(url, { id: "", token: "" });

/** The code of the mail that comes for what is asked, and the challenge that it answers. */
async function codeFor({ mail, url }: System, { credentials, member }: Account, path: string) {
  assert.ok(mail);
  const { email } = credentials;
  const codes = async () => {
    const mails = (await (await fetch(`${mail.url}/api/email`)).json()) as {
      text?: string;
      to?: { address: string }[];
    }[];
    const theirs = mails.filter(({ to }) => to?.some(({ address }) => address === email));
    return theirs.flatMap(({ text = "" }) => /(?<![\w-])\d{6}(?![\w-])/.exec(text)?.[0] ?? []);
  };
  const before = await codes();
  const isOwn = path.startsWith("/v1/auth/step-up/");
  const by = isOwn ? member : new SystemMember(url, { id: "", token: "" });
  const { body } = await by.call<Challenge>("POST", path, isOwn ? undefined : { email });
  assert.ok(body.challenge, JSON.stringify(body));
  const code = await eventually(
    async () => {
      const found = (await codes()).find((each) => !before.includes(each));
      assert.ok(found, "no code has come");
      return found;
    },
    { timeoutMs: 20_000, everyMs: 50 },
  );
  return { id: body.challenge.id, kind: "email_code", code };
}

const swipe: Row = async ({ ann, dan, eve, fay, peers }, others) => {
  const like = (what: string, actor: SystemMember, { id }: { id: string }): Try => ({
    what,
    actor,
    id,
    body: { targetId: id, action: "like" },
    expected: /^40[134]$/,
  });
  const gone = (["suspended", "banned", "deleting", "deleted"] as const).map((fate) =>
    like(`towards one who is ${fate}`, eve, peers[fate].member),
  );
  const closed = Object.entries(others)
    .filter(([who]) => who.startsWith("somebody") || who === "nobody")
    .map(([who, actor]) => like(`by ${who}`, actor, fay.member));
  return {
    tries: [
      like("by whom she blocks", dan, ann),
      like("towards whom she blocks", ann, dan),
      ...gone,
      ...closed,
    ],
    owner: { actor: eve, body: { targetId: fay.member.id, action: "like" } },
  };
};

const challenge: Row = async ({ system, account }) => {
  const thief = await signUp(system);
  const path = "/v1/auth/code/request";
  const [hers, theirs] = await Promise.all([codeFor(system, account, path), codeFor(system, thief, path)]);
  const actor = nobodyOf(system);
  return {
    tries: [
      { what: "with another's code", actor, id: hers.id, body: { ...theirs, id: hers.id }, told: true },
    ],
    owner: { actor, body: hers },
  };
};

const stepUp: Row = async ({ system, ann, account, ben, eve }) => {
  const hers = await codeFor(system, account, "/v1/auth/step-up/code");
  const tries = Object.entries({ ben, eve }).map(([what, actor]) => ({
    what,
    actor,
    id: hers.id,
    body: hers,
  }));
  return { tries, owner: { actor: ann, body: hers } };
};

const stepUpByHerPasskey: Row = async ({ system, ann, ben }) => {
  const [hers] = await Promise.all([addPasskey(system, ann), addPasskey(system, ben)]);
  const { body } = await ben.call<Question<PasskeyRequestOptions>>("POST", "/v1/auth/step-up/passkey");
  const response = hers.authenticator.get(body.options);
  return {
    tries: [
      {
        what: "by her passkey",
        actor: ben,
        id: response.id,
        body: { kind: "passkey", id: body.id, response },
      },
    ],
  };
};

const newPasskey: Row = async ({ system, ann, ben }) => {
  const asked = await ann.call<Question<PasskeyCreationOptions>>("POST", "/v1/auth/passkeys/options");
  const { id, options } = asked.body;
  const response = new SoftwareAuthenticator(`http://localhost:${new URL(system.url).port}`).create(options);
  return { tries: [{ what: "with a key of his", actor: ben, id, body: { id, name: "his", response } }] };
};

const signInByPasskey =
  (field: "id" | "response.id"): Row =>
  async ({ system, ann, ben }) => {
    const [hers, his] = await Promise.all([addPasskey(system, ann), addPasskey(system, ben)]);
    const actor = nobodyOf(system);
    const ask = async () => {
      const path = "/v1/auth/passkeys/sign-in/options";
      return (await actor.call<Question<PasskeyRequestOptions>>("POST", path)).body;
    };
    const [question, another] = await Promise.all([ask(), ask()]);
    const response = his.authenticator.get((field === "id" ? another : question).options);
    const { id: named } = hers.authenticator.get(question.options);
    const tried: Try =
      field === "id"
        ? { what: "for another question", actor, id: question.id, body: { id: question.id, response } }
        : {
            ...{ what: "in her name", actor, id: named },
            body: { id: question.id, response: { ...response, id: named, rawId: named } },
          };
    return { tries: [tried] };
  };

/** By what each field takes: a row, or why its id is nobody's object. A field without either fails. */
const rows: Record<string, Row | string> = {
  "POST /v1/swipes targetId": swipe,
  "POST /v1/auth/challenge id": challenge,
  "POST /v1/auth/challenge/resend id": async ({ system, account }) => {
    const { id } = await codeFor(system, account, "/v1/auth/code/request");
    return { tries: [{ what: "by anybody", actor: nobodyOf(system), id, body: { id }, expected: /^202$/ }] };
  },
  "POST /v1/auth/step-up id": stepUp,
  "POST /v1/auth/step-up response.id": stepUpByHerPasskey,
  "POST /v1/auth/step-up response.rawId": "the same as `response.id`, or refused",
  "POST /v1/auth/passkeys id": newPasskey,
  "POST /v1/auth/passkeys response.id": "the authenticator has made it, and it stands in what it signs",
  "POST /v1/auth/passkeys response.rawId": "the same as `response.id`, or refused",
  "POST /v1/auth/passkeys/sign-in id": signInByPasskey("id"),
  "POST /v1/auth/passkeys/sign-in response.id": signInByPasskey("response.id"),
  "POST /v1/auth/passkeys/sign-in response.rawId": "the same as `response.id`, or refused",
  "POST /v1/auth/age/results id": "the provider's own name of what it tells, signed",
  "POST /v1/auth/age/results reference": "known to the provider, whose signature is asked for",
  "POST /v1/auth/age/sandbox/checks reference": "signed by auth, and nothing is looked up",
  "POST /v1/billing/webhooks/sandbox id": "the provider's own name of what it tells, signed",
  "POST /v1/billing/webhooks/sandbox merchantRef": "known to the provider, whose signature is asked for",
  "POST /v1/billing/checkout productId": "of the catalogue",
  "PUT /v1/profile prompts[].promptId": "of the catalogue",
  "PATCH /v1/profile prompts[].promptId": "of the catalogue",
  "POST /v1/conversations/{id}/messages clientMessageId": "the sender's own name, within what they have sent",
};

const frames: Record<string, object | string> = {
  "send conversationId": { ref: "1", clientMessageId: newId(), message: { type: "text", text: "hello" } },
  "send clientMessageId": "the sender's own name, within what they have sent",
  "read conversationId": { ref: "1", seq: 1 },
  "typing conversationId": {},
};

function without(names: readonly string[], known: object): string[] {
  return names.filter((name) => !Object.hasOwn(known, name));
}

async function holdRow(t: Test, name: string, row: Row, cast: Cast, others: Others): Promise<void> {
  const [method = "", path = ""] = name.split(" ");
  const { tries, owner } = await row(cast, others);
  for (const { what, actor, body, id, told = false, expected = /^4/ } of tries) {
    const ask = async (sent: object) => {
      const { status, body: answer } = await actor.call(method, path, sent);
      return { status, code: answer.code };
    };
    const theirs = await ask(body);
    t.match(String(theirs.status), expected, `${name}: ${what}`);
    if (told) continue;
    const elsewhere = JSON.parse(JSON.stringify(body).replaceAll(id, newId())) as object;
    t.same(theirs, await ask(elsewhere), `${name}: ${what}: not theirs and not there is the same`);
  }
  if (!owner) return;
  const { status } = await owner.actor.call(method, path, owner.body);
  t.match(String(status), /^20[01]$/, `${name} by whose it is`);
}

/** A14 Ids that stand in bodies and in queries, sent by whose they aren't. */
export async function holdIdsInBodies(t: Test, cast: Cast, others: Others): Promise<void> {
  const named = idsOfBodies();
  t.same(
    [without(named, rows), without(Object.keys(rows), Object.fromEntries(named.map((name) => [name, 1])))],
    [[], []],
  );
  for (const name of named) {
    const row = rows[name];
    if (typeof row === "function") await holdRow(t, name, row, cast, others);
  }
}

/** A14 The same over the socket: a conversation of hers with Ben, and those that she had with who is gone. */
export async function holdIdsInFrames(t: Test, cast: Cast, others: Others): Promise<void> {
  const { system, ann, ben, matchId, peers } = cast;
  const named = idsOfFrames();
  t.same(
    [
      without(named, frames),
      without(Object.keys(frames), Object.fromEntries(named.map((name) => [name, 1]))),
    ],
    [[], []],
  );
  const heard: ServerFrame[] = [];
  const listening = await openSocket(system, ben);
  listening.on("message", (data: Buffer) => heard.push(JSON.parse(data.toString()) as ServerFrame));
  const strangers = Object.entries(others).filter(([who]) =>
    /^(another member|a blocked one|a match who)/.test(who),
  );
  t.equal(strangers.length, 4);
  for (const [name, more] of Object.entries(frames)) {
    if (typeof more === "string") continue;
    const [type = ""] = name.split(" ");
    const say = (who: SystemMember, conversationId: string) =>
      askOverSocket(system, who, { type, conversationId, ...more });
    const none = await say(ann, newId());
    t.match(none, /NOT_FOUND$/, `${name}: none is there`);
    for (const [who, actor] of strangers) t.equal(await say(actor, matchId), none, `${name} by ${who}`);
    for (const fate of fates)
      t.equal(await say(ann, peers[fate].matchId), none, `${name}: one who is ${fate}`);
    if (type !== "typing") t.equal(await say(ann, matchId), "ack", `${name} by whose it is`);
  }
  // Which is never answered, but heard.
  const hers = await openSocket(system, ann);
  hers.send(JSON.stringify({ type: "typing", conversationId: matchId }));
  const typed = () => heard.filter((frame) => frame.type === "typing");
  await eventually(() => assert.ok(typed().length > 0, "Ben sees her write"), { timeoutMs: 5_000 });
  t.ok(
    typed().every((frame) => "memberId" in frame && frame.memberId === ann.id),
    "and nobody else",
  );
  listening.terminate();
  hers.terminate();
}

import assert from "node:assert/strict";
import type { Challenge, Session, SessionItem, SignInAnswer } from "@kismet/contracts";
import { createWorld, eventually } from "@kismet/testing";
import type { Static } from "typebox";
import {
  type Answer,
  call,
  codeTo,
  goodPassword,
  newAddress,
  patience,
  signup,
  startAuth,
  startMail,
  StoppedClock,
} from "./auth-world.ts";
import type { Test } from "tap";

/** From where, with which device, and at which instance somebody signs in. */
export type From = { address: string; device?: { name?: string; token?: string }; at?: { url: string } };

/** Two instances of auth whose clock stands still, and what signing in with them takes. */
export async function startSignIns(t: Test) {
  const [world, mail] = await Promise.all([createWorld(t, { realAuth: true }), startMail(t)]);
  // Sends codes again at once: how often at most, a test of its own asks.
  // Its clock stands still: a wait of a second must not be over because the machine is busy.
  const auth = await startAuth(t, world, mail, { codeIntervalMs: 0, clock: new StoppedClock() });
  const two = await startAuth(t, world, mail, { codeIntervalMs: 0, clock: auth.clock });

  /** Addresses of networks in Germany, three of them, and in the United States. */
  const [berlin, hamburg, munich, texas] = ["5.1.66.255", "91.0.0.1", "87.123.0.1", "8.8.8.8"] as const;

  const post = <T = object>(path: string, body: unknown, { address, at = auth }: From): Promise<Answer<T>> =>
    call<T>(at, "POST", path, { body, headers: { "x-forwarded-for": address } });
  const login = (email: string, from: From, password = goodPassword) =>
    post<Partial<Session> & Partial<Challenge>>(
      "/v1/auth/login",
      { email, password, ...(from.device ? { device: from.device } : {}) },
      from,
    );
  const answer = (id: string, kind: string, code: string, from: From) =>
    post<SignInAnswer & Partial<Session> & Partial<Challenge>>(
      "/v1/auth/challenge",
      { id, kind, code },
      from,
    );
  const asMember = <T = object>(
    method: "GET" | "POST" | "DELETE",
    path: string,
    token: string,
    body?: unknown,
  ) => call<T>(auth, method, path, { token, ...(body === undefined ? {} : { body }) });
  /** The session that the token is of, as the device list shows it. */
  const listedOf = async (token: string) =>
    (
      await asMember<{ items: Static<typeof SessionItem>[] }>("GET", "/v1/auth/sessions", token)
    ).body.items.find(({ current }) => current);
  const wrongOf = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, "0");
  const challengeOf = ({ body }: Answer<Partial<Challenge>>) => {
    assert.ok(body.challenge, JSON.stringify(body));
    return body.challenge;
  };

  /** A member who signed up in Berlin, and the token of that device. */
  async function berliner() {
    const email = newAddress();
    await signup(auth, email);
    const code = await codeTo(mail, email);
    const verified = await post<Session>(
      "/v1/auth/verify-email",
      { email, code, device: { name: "Phone" } },
      {
        address: berlin,
      },
    );
    assert.equal(verified.status, 200);
    return { email, session: verified.body, deviceToken: verified.body.deviceToken ?? "" };
  }

  async function noLettersWait() {
    await eventually(async () => {
      const [row] = await world.sql<{ n: number }>("SELECT count(*)::int AS n FROM auth.letters");
      assert.equal(row?.n, 0);
    }, patience);
  }
  return {
    world,
    mail,
    auth,
    two,
    berlin,
    hamburg,
    munich,
    texas,
    post,
    login,
    answer,
    asMember,
    listedOf,
    wrongOf,
    challengeOf,
    berliner,
    noLettersWait,
  };
}

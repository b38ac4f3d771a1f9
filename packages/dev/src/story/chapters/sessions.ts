import type { Session } from "@kismet/contracts";
import type { Cast } from "../cast.ts";
import { ChatConnection } from "../chat-connection.ts";
import { expect, expectEqual, within } from "../expect.ts";
import type { Answer } from "../gateway.ts";
import type { Person } from "../person.ts";

type ListedSession = { id: string; deviceName: string | null; current: boolean };

/** How soon the edge must know that a session has ended. */
const revocationMs = 1_000;
const simultaneousRefreshes = 5;

export async function tellSessions({ ada, bo, narrator }: Cast): Promise<void> {
  narrator.chapter("Sessions");
  const laptop = await narrator.step("Ada logs in on a laptop", () => ada.logIn("Laptop"));
  const phone = await narrator.step("and on a phone", () => ada.logIn("Phone"));
  await narrator.step("she sees both", async () => {
    const { items } = await ada.get<{ items: ListedSession[] }>("/v1/auth/sessions");
    const listed = new Map(items.map((item) => [item.id, item]));
    expectEqual(listed.size, 3, "how many sessions there are");
    expectEqual(listed.get(laptop.sessionId)?.deviceName, "Laptop", "the name of the one");
    expectEqual(listed.get(phone.sessionId)?.deviceName, "Phone", "the name of the other");
    expectEqual(listed.get(ada.session.sessionId)?.current, true, "that this one is the current one");
  });
  const latest = await narrator.step("refreshing gives a successor; a retry gets the same one", () =>
    checkRotation(ada, laptop),
  );
  await narrator.step("a token from before is theft: its whole session ends", async () => {
    (await refresh(ada, laptop.refreshToken)).refused(401, "AUTH_REFRESH_REFUSED");
    (await refresh(ada, latest.refreshToken)).refused(401, "AUTH_REFRESH_REFUSED");
  });
  await narrator.step("the edge knows within a second", () => refusedSoon(ada, latest));
  await narrator.step("other sessions live on", () => ada.get("/v1/auth/me"));

  const socket = await ChatConnection.byHeader(ada, phone.accessToken);
  await narrator.step("Ada revokes the phone from elsewhere", async () => {
    (await ada.ask("DELETE", `/v1/auth/sessions/${phone.sessionId}`)).as(204);
  });
  await narrator.step("the edge knows within a second, its socket is closed", async () => {
    await Promise.all([
      refusedSoon(ada, phone),
      socket.closedWithin(revocationMs).then((code) => expectEqual(code, 4401, "the close code")),
    ]);
    (await refresh(ada, phone.refreshToken)).refused(401, "AUTH_REFRESH_REFUSED");
  });
  await narrator.step("nobody revokes a session of somebody else, or twice", async () => {
    for (const { sessionId } of [phone, bo.session]) {
      (await ada.ask("DELETE", `/v1/auth/sessions/${sessionId}`)).refused(404, "NOT_FOUND");
    }
    await bo.get("/v1/auth/me");
  });
  await narrator.step("logging out ends the session", async () => {
    const tablet = await ada.logIn("Tablet");
    (await ada.gateway.ask("POST", "/v1/auth/logout", { token: tablet.accessToken })).as(204);
    await refusedSoon(ada, tablet);
  });
}

/** The third token of the session, after a retry and a handful of simultaneous requests with the first. */
async function checkRotation(ada: Person, first: Session): Promise<Session> {
  const once = (await refresh(ada, first.refreshToken)).as<Session>();
  expect(once.refreshToken !== first.refreshToken, "another refresh token", "the same one");
  expectEqual(once.sessionId, first.sessionId, "the session");
  const again = await Promise.all(
    Array.from({ length: simultaneousRefreshes }, () => refresh(ada, first.refreshToken)),
  );
  for (const answer of again) {
    expectEqual(answer.as<Session>().refreshToken, once.refreshToken, "the same successor for a retry");
  }
  return (await refresh(ada, once.refreshToken)).as<Session>();
}

function refresh({ gateway }: Person, refreshToken: string): Promise<Answer> {
  return gateway.ask("POST", "/v1/auth/refresh", { body: { refreshToken } });
}

async function refusedSoon({ gateway }: Person, { accessToken }: Session): Promise<void> {
  await within(revocationMs, async () => {
    (await gateway.ask("GET", "/v1/auth/me", { token: accessToken })).refused(401, "UNAUTHENTICATED");
  });
}

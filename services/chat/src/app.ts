import { createAccessControl, createBus, on } from "@kismet/bus";
import { AccountChanged, MatchCreated, MatchEnded } from "@kismet/contracts";
import { serveCustody } from "@kismet/custody";
import { createDatabase, type Transaction } from "@kismet/database";
import { type App, createHttpApp, createRedis, type Parts } from "@kismet/service-kit";
import { registerChangeRoutes } from "./changes/change-routes.ts";
import { expireChanges } from "./changes/expire-changes.ts";
import { createFeed } from "./changes/feed.ts";
import type { Config } from "./config.ts";
import { registerConversationRoutes } from "./conversations/conversation-routes.ts";
import { applyAccount } from "./conversations/on-account-changed.ts";
import { openConversation } from "./conversations/on-match-created.ts";
import { closeConversation } from "./conversations/on-match-ended.ts";
import { createRateLimit } from "./limits/rate-limit.ts";
import { custody } from "./custody.ts";
import { registerMessageRoutes } from "./messages/message-routes.ts";
import { createMessageWriter } from "./messages/message-writer.ts";
import { createSender } from "./messages/send-message.ts";
import * as schema from "./schema.ts";
import { closeRevokedSockets, createRevocationCheck } from "./sockets/close-revoked.ts";
import { MemberFeeds } from "./sockets/member-feeds.ts";
import { registerSocketRoutes } from "./sockets/socket-routes.ts";
import { createTickets } from "./sockets/tickets.ts";
import { watchSockets } from "./sockets/watch-sockets.ts";

type Tx = Transaction<typeof schema>;

export async function buildApp(parts: Parts<Config>): Promise<App> {
  const { messagesPerMinute, framesPerMinute, ticketSeconds, maxMissedChanges } = parts.config;
  const database = createDatabase(parts, schema);
  const bus = createBus(parts, database);
  const redis = createRedis(parts);
  const verifier = createAccessControl(parts, bus);
  const app = createHttpApp(parts, { verifier });

  const feed = createFeed(bus);
  const feeds = new MemberFeeds(parts, database, bus);
  const send = createSender(createMessageWriter(parts, database), feed);
  const messageLimit = createRateLimit(parts, redis, "messages", messagesPerMinute);
  const frameLimit = createRateLimit(parts, redis, "frames", framesPerMinute);
  const closeIfRevoked = createRevocationCheck(verifier);

  bus.consume({
    name: "chat-matches",
    source: "matching",
    // What ends a match must not come before what opened it.
    poison: "park",
    handlers: [
      on(MatchCreated, (tx: Tx, { payload }) => openConversation(tx, feed, payload)),
      on(MatchEnded, (tx: Tx, { payload }) => closeConversation(tx, feed, payload)),
    ],
  });
  bus.consume({
    name: "chat-accounts",
    source: "auth",
    // The next event of an account says all that this one did.
    poison: "skip",
    handlers: [on(AccountChanged, (tx: Tx, { payload }) => applyAccount(tx, feed, payload))],
  });

  serveCustody(parts, {
    bus,
    database,
    custody,
    async outside(memberId) {
      await Promise.all([messageLimit, frameLimit].map((limit) => limit.forget(memberId)));
    },
  });

  closeRevokedSockets(verifier, feeds, closeIfRevoked);
  watchSockets(parts, feeds);
  expireChanges(parts, database);

  registerConversationRoutes(app, database, feed);
  registerMessageRoutes(app, { database, send, messageLimit });
  registerChangeRoutes(app, parts, database);
  await registerSocketRoutes(
    app,
    {
      parts,
      database,
      bus,
      feed,
      feeds,
      send,
      maxMissedChanges,
      messageLimit,
      frameLimit,
      closeIfRevoked,
      load: { atWork: 0, isDraining: false },
    },
    { tickets: createTickets(redis, ticketSeconds), verifier },
  );
  return app;
}

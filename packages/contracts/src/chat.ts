import { Type, type Static } from "typebox";
import { literals, maxPageSize, nullable, page, strict, Timestamp, Uuid } from "./schema.ts";
import { defineSignal } from "./subject.ts";

/** In code points, after normalisation. */
export const maxMessageLength = 2_000;

/** Position of a message in its conversation, or of a change in a member's feed: 1, 2, 3 ... without gaps. */
const Seq = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
/** The same, where nothing has happened yet. */
const SeqOrNone = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

const MessageType = literals(["text"]);
const Text = Type.String({ minLength: 1, maxLength: maxMessageLength });

export const MessageContent = strict({ type: MessageType, text: Text });
export type MessageContent = Static<typeof MessageContent>;

export const SendMessage = strict({ clientMessageId: Uuid, ...MessageContent.properties });

export const Message = strict({
  id: Uuid,
  conversationId: Uuid,
  senderId: Uuid,
  seq: Seq,
  clientMessageId: Uuid,
  type: MessageType,
  text: Type.Optional(Text),
  createdAt: Timestamp,
  reactions: Type.Array(strict({ memberId: Uuid, emoji: Type.String({ maxLength: 16 }) }), { maxItems: 50 }),
});
export type Message = Static<typeof Message>;

export const MessagesQuery = strict({
  /** Messages of a smaller seq only, the newest of them. */
  before: Type.Optional(Seq),
  /** Messages of a larger seq only, the oldest of them (unless `before` is given too). */
  after: Type.Optional(SeqOrNone),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: maxPageSize, default: 50 })),
});

/** Newest last. `nextCursor` is the seq to give as the next `before`, or `after`, whichever was being followed. */
export const MessagePage = page(Message);

export const Conversation = strict({
  id: Uuid,
  matchId: Uuid,
  /** The other one. */
  memberId: Uuid,
  lastMessage: nullable(Message),
  /** Messages of the other one beyond `readSeq`. */
  unread: SeqOrNone,
  readSeq: SeqOrNone,
  /** How far the other one has read. */
  readByOtherSeq: SeqOrNone,
  muted: Type.Boolean(),
  createdAt: Timestamp,
});
export type Conversation = Static<typeof Conversation>;

export const ConversationPage = page(Conversation);
export const ReadRequest = strict({ seq: Seq });
export const MuteRequest = strict({ muted: Type.Boolean() });

export const SocketTicket = strict({
  ticket: Type.String({ minLength: 43, maxLength: 43, pattern: "^[A-Za-z0-9_-]{43}$" }),
  expiresInSeconds: Type.Integer({ minimum: 1, maximum: 300 }),
});

const inConversation = { conversationId: Uuid, memberId: Uuid };

/** What happened, in a member's feed. A `match` opens a conversation, an `unmatch` takes it away with all it held. */
export const Change = Type.Union([
  strict({ type: Type.Literal("message"), message: Message }),
  strict({ type: Type.Literal("receipt"), receipt: strict({ ...inConversation, seq: Seq }) }),
  strict({ type: Type.Literal("match"), match: strict({ id: Uuid, ...inConversation }) }),
  strict({ type: Type.Literal("unmatch"), unmatch: strict({ id: Uuid, ...inConversation }) }),
  strict({ type: Type.Literal("mute"), mute: strict({ conversationId: Uuid, muted: Type.Boolean() }) }),
]);
export type Change = Static<typeof Change>;

export const ChangesQuery = strict({
  /** Left out by a client that knows nothing yet: it is told where the feed stands. */
  since: Type.Optional(SeqOrNone),
});

/** With `fullSync`, what the client knows is too old to be added to: it reads its conversations, then follows `next`. */
export const ChangePage = strict({
  items: Type.Array(strict({ seq: Seq, change: Change }), { maxItems: maxPageSize }),
  next: SeqOrNone,
  fullSync: Type.Boolean(),
});
export type ChangePage = Static<typeof ChangePage>;

/** The sub-protocol of the socket, and what a ticket is prefixed with to travel beside it. */
export const chatProtocol = "chat.v1";
export const ticketProtocolPrefix = "ticket.";

/** What a client gives a frame to recognise the answer by. */
const Ref = Type.String({ minLength: 1, maxLength: 64 });

export const ClientFrame = {
  send: strict({
    type: Type.Literal("send"),
    ref: Ref,
    conversationId: Uuid,
    clientMessageId: Uuid,
    message: MessageContent,
  }),
  read: strict({ type: Type.Literal("read"), ref: Ref, conversationId: Uuid, seq: Seq }),
  typing: strict({ type: Type.Literal("typing"), conversationId: Uuid }),
  resume: strict({ type: Type.Literal("resume"), ref: Ref, since: SeqOrNone }),
  ping: strict({ type: Type.Literal("ping"), ref: Ref }),
};
export type ClientFrameType = keyof typeof ClientFrame;
export type ClientFrame = { [T in ClientFrameType]: Static<(typeof ClientFrame)[T]> }[ClientFrameType];

export const ServerFrame = Type.Union([
  /** `message` is there if a message was sent. */
  strict({ type: Type.Literal("ack"), ref: Ref, message: Type.Optional(Message) }),
  strict({
    type: Type.Literal("error"),
    ref: Type.Optional(Ref),
    code: Type.String({ maxLength: 64 }),
    detail: Type.String({ maxLength: 1_000 }),
    requestId: Type.String({ maxLength: 64 }),
    retryAfterMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_600_000 })),
  }),
  strict({ type: Type.Literal("change"), seq: Seq, change: Change }),
  /** Answers `resume`, before the changes that come after `next`. */
  strict({ type: Type.Literal("resumed"), ref: Ref, next: SeqOrNone, fullSync: Type.Boolean() }),
  strict({ type: Type.Literal("typing"), ...inConversation }),
  strict({ type: Type.Literal("pong"), ref: Ref }),
  strict({ type: Type.Literal("reconnect"), afterMs: Type.Integer({ minimum: 0, maximum: 60_000 }) }),
]);
export type ServerFrame = Static<typeof ServerFrame>;

/** Why the server ends a socket (RFC 6455, 7.4; the 4000s are ours). */
export const closeCodes = {
  binaryFrame: 1003,
  frameTooLarge: 1009,
  /** The instance is going away: connect again after the `afterMs` of the `reconnect` frame. */
  serviceRestart: 1012,
  /** What the client was to read piled up. It loses nothing by resuming. */
  slowReader: 4008,
  sessionEnded: 4401,
  accountNotActive: 4403,
  /** The member has opened more sockets than they may, and this was the oldest: come back when somebody looks at it again. */
  tooManyDevices: 4409,
  tooManyFrames: 4429,
} as const;

/**
 * Tells the instances that hold a member's sockets what to push. The change is only there to spare them a look into the
 * feed, which is the truth: they read it when the seq shows that a signal was lost.
 */
export const MemberSignal = defineSignal({
  subject: (memberId) => `chat.deliver.${memberId}`,
  payload: Type.Union([
    strict({ type: Type.Literal("change"), seq: Seq, change: Change }),
    strict({ type: Type.Literal("typing"), ...inConversation }),
  ]),
});
